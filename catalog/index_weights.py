"""How much each sign counts in a ranking: the one place for these numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """Shares of the scores that each sign brings. Set by `switchboard eval weights`."""

    tool: float = 0.3
    """The words of its tool. Hard cuts by tool or category instead lose 9 points of recall@64."""
    category: float = 0.15
    """The words of its category."""
    tool_alone: float = 0.5
    """Where tools are asked for: the words of a tool, beside what its best API has."""
    category_alone: float = 0.25
    """Where categories are asked for."""
    name: float = 0.13
    """The whole name of an API or tool that the question speaks of. BM25 cannot tell "random quote" the whole name from
    "random quote" in passing."""
    sentence_root: float = 0.25
    """A sentence with little to say (its best score is low) counts less than the others, but not in proportion."""
    whole: float = 0.9
    """The whole question beside its sentences: slightly behind, so that the best entry of each is among the first."""
    tool_best: float = 0.4
    """The best API of its tool: a tool that is right for one thing is often right for the next."""
    tool_throughout: float = 0.7
    """What its tool has over all sentences, on average."""
    own_throughout: float = -0.65
    """What it has itself over all sentences: who is a little of everything answers nothing."""
    category_best: float = 0.5
    """The best API of its category."""
    crowd: float = 0.02
    """What each better API of its tool costs, so that one tool does not fill the list. A share of the best score."""
    size: float = 0.05
    """What it costs to be one of many in a tool, for each e-fold of them. A share of the best score."""

    def perfect(self, *, several: bool) -> float:
        """What an API has that is the best in everything, in shares of its own score."""
        throughout = self.tool_throughout + self.own_throughout if several else 0.0
        return 1 + self.tool_best + self.category_best + throughout


DEFAULT = Weights()
