"""How the oracle chooses from what it is offered, and when it asks to see more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from evals.gold import Gold, Level
from evals.replies import Asked, Json
from evals.scenarios import Scenario

TOOLS_OF_AN_AGENT = 5  # more tools in one list: it was not a tool agent that was asked, but a ranking of the index
_WORDS = 5  # of the question, to search by
_DESCRIBED = 2


@dataclass
class Memory:
    """What the oracle was shown and said of one question."""

    looked: bool = False
    planned: bool = False
    """A plan was asked for since the last choice: the next choice is of a later round."""
    round: int = 1
    shown: dict[Level, set[str]] = field(default_factory=lambda: defaultdict(set))
    """In this round."""
    named: set[str] = field(default_factory=set)
    """What is right and was chosen, in any round."""
    wrong: dict[tuple[Level, str], int] = field(default_factory=lambda: defaultdict(int))
    """How many wrong items were named in this round, by branch."""
    agents: list[set[str]] = field(default_factory=list)
    """The tools of each tool agent, as far as their APIs were listed. No tool has two agents."""

    def agent_of(self, tools: set[str]) -> set[str]:
        """All tools of the agent that was shown these, on this page or an earlier one."""
        same = [agent for agent in self.agents if agent & tools]
        agent = tools.union(*same)
        self.agents = [agent, *(other for other in self.agents if other not in same)]
        return agent

    def choosing(self) -> None:
        if self.planned:
            self.planned, self.round = False, self.round + 1
            self.shown.clear()
            self.wrong.clear()


@dataclass(frozen=True)
class Choice:
    """One request to choose."""

    asked: Asked
    level: Level
    question: str
    gold: Sequence[Gold]
    scenario: Scenario
    memory: Memory

    def reply(self) -> Json:
        self.memory.choosing()
        offered = enum_of(self.asked, self.level)
        whole = self._is_of_the_whole_catalog(offered)
        self.memory.shown[self.level].update(offered)
        if self.scenario.looks and not self.memory.looked:
            self.memory.looked = True
            if look := self._look(offered):
                return {self.level: [], "reason": "Looks further first.", **look}
        wanted = self._wanted()
        right = [option for option in offered if option in {gold.at(self.level) for gold in wanted}]
        self.memory.named.update(right)
        if "next_page" in self.asked.properties and self._hidden(wanted, offered, whole=whole):
            return {self.level: list(right), "reason": "Something right is not listed.", "next_page": True}
        wrong = self._wrong(offered)
        chosen: list[JsonValue] = [*wrong, *right] if self.scenario.wrong_first else [*right, *wrong]
        return {self.level: chosen, "reason": "Leads to the right APIs." if right else "Nothing offered leads there."}

    def _is_of_the_whole_catalog(self, offered: Sequence[str]) -> bool:
        """Whether APIs are ranked of all that the index found, before any agent was asked."""
        before = self.memory.shown["categories"] or self.memory.shown["tools"]
        return not before or len({_branch(option) for option in offered}) > TOOLS_OF_AN_AGENT

    def _look(self, offered: Sequence[str]) -> Json:
        if "search" in self.asked.properties:
            return {"search": " ".join(self.question.split()[:_WORDS])}
        if "describe" in self.asked.properties:
            return {"describe": list(offered[:_DESCRIBED])}
        return {"next_page": True} if "next_page" in self.asked.properties else {}

    def _wanted(self) -> list[Gold]:
        """What leads to the gold, without what is passed over."""
        later = self.memory.round > 1 or "Tried before:" in self.asked.text
        if later:
            return list(self.gold)
        passes = self.scenario.passes_over
        return [gold for gold in self.gold if not passes(self.level, self.question, gold.at(self.level))]

    def _hidden(self, wanted: Sequence[Gold], offered: Sequence[str], *, whole: bool) -> bool:
        """Whether something right must stand on a later page of this very list."""
        known = self.memory.shown[self.level] | self.memory.named
        hidden = [gold for gold in wanted if gold.at(self.level) not in {*known, ""}]
        if self.level in ("groups", "categories") or (self.level == "apis" and whole):
            return bool(hidden)
        branches = {_branch(option) for option in offered}
        if self.level == "tools":
            return any(_branch(gold.tool_id) in branches for gold in hidden)
        agent = self.memory.agent_of(branches)
        return any(self._is_its_tool(gold.tool_id, agent) for gold in hidden)

    def _is_its_tool(self, tool_id: str, agent: set[str]) -> bool:
        """Also a tool of which nothing was listed yet, as long as it may be this agent's."""
        if any(tool_id in tools for tools in self.memory.agents):
            return tool_id in agent
        category = {_branch(tool) for tool in agent} == {_branch(tool_id)}
        return category and tool_id in self.memory.named and len(agent) < TOOLS_OF_AN_AGENT

    def _wrong(self, offered: Sequence[str]) -> list[str]:
        many = {"categories": self.scenario.wrong_categories, "tools": self.scenario.wrong_tools}.get(self.level, 0)
        branch = _branch(offered[0]) if offered and self.level == "tools" else ""
        room = max(0, many - self.memory.wrong[self.level, branch])
        wrong = [option for option in offered if option not in {gold.at(self.level) for gold in self.gold}][:room]
        self.memory.wrong[self.level, branch] += len(wrong)
        return wrong


def _branch(item: str) -> str:
    """What an id stands under: the tool of an API, the category of a tool."""
    return item.rpartition("/")[0]


def enum_of(asked: Asked, key: str) -> list[str]:
    """The names that an array argument offers."""
    argument = asked.properties.get(key)
    items = argument.get("items") if isinstance(argument, dict) else None
    enum = items.get("enum") if isinstance(items, dict) else None
    return [name for name in enum if isinstance(name, str)] if isinstance(enum, list) else []
