"""Asks a model to decide one thing, checks what comes back, and tells it once what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from catalog.errors import MalformedAnswer
from reasoners.chat.driver import Arguments, Driver, Function, Unreadable
from reasoners.chat.halves import whole_arguments, whole_text
from reasoners.chat.prompts import Prompt
from reasoners.chat.showing import data
from reasoners.meter import Meter

if TYPE_CHECKING:
    from reasoners.chat.endpoint import Endpoint  # imports the heavy client

T = TypeVar("T")

_SHOWN_BACK = 1000  # characters of a bad answer that its author is shown again


@dataclass(frozen=True)
class Checked(Generic[T]):
    """What an answer is worth."""

    value: T | None
    """Without what was not offered; None: nothing can be made of it."""
    complaint: str = ""
    """What is wrong, for the model; empty: nothing."""


@dataclass(frozen=True)
class Task(Generic[T]):
    """One decision to be made by a model."""

    prompt: Prompt
    function: Function
    shown: str
    """What is offered, and the question: all that changes from one request to the next."""
    check: Callable[[Arguments], Checked[T]]


@dataclass(frozen=True)
class Asker:
    """Whom to ask, how, and on whose account."""

    endpoint: Endpoint
    driver: Driver
    meter: Meter

    async def ask(self, task: Task[T]) -> T:
        """The decision, after one repair at most. Raises ReasonerError."""
        messages = self._messages(task)
        first, received = await self._turn(task, messages)
        if first.value is not None and not first.complaint:
            return first.value
        told = _told_back(first.complaint, received, task.function)
        # In the same message: templates of open models refuse two of one role in a row.
        repair = [messages[0], HumanMessage(f"{task.shown}\n\n{told}")]
        second, received = await self._turn(task, repair)
        value = second.value if second.value is not None else first.value
        if value is None:
            problem = second.complaint.rstrip(".")
            raise MalformedAnswer(task.prompt.label, problem, self.endpoint.scrubbed(received))
        return value

    def _messages(self, task: Task[T]) -> list[BaseMessage]:
        instructions = self.driver.instructions(task.function)
        return [SystemMessage(f"{task.prompt.text}\n\n{instructions}".strip()), HumanMessage(task.shown)]

    async def _turn(self, task: Task[T], messages: list[BaseMessage]) -> tuple[Checked[T], str]:
        binding = self.driver.binding(task.function)
        received = ""
        try:
            reply = await self.endpoint.ask(messages, binding, prompt=task.prompt.label, meter=self.meter)
            received = whole_text(self.driver.received(reply))
            return task.check(whole_arguments(self.driver.read(reply, task.function))), received
        except Unreadable as unreadable:
            return Checked(None, str(unreadable)), received


def _told_back(complaint: str, received: str, function: Function) -> str:
    """As words of a person, not as a tool's reply: servers refuse a history with broken calls in it."""
    said = [complaint, *([f"You answered: {received[:_SHOWN_BACK]}"] if received else [])]
    return (
        # As data: a model repeats what it was shown, and names what it was told to.
        f"This was asked before. Your answer cannot be used as it is:\n{data('complaint', said)}\n"
        f"Decide again, and give the whole answer in the form of `{function.name}`."
    )
