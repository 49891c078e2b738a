"""Progress of an eval on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import Progress, track

console = Console(stderr=True)
EVERY = 100  # things between two lines where there is no terminal
Thing = TypeVar("Thing", covariant=True)


class Things(Sized, Protocol[Thing]):
    """A list of known length."""

    def __iter__(self) -> Iterator[Thing]: ...


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """For things that are done side by side: call what it gives when one is done."""
    with Progress(console=console) as drawn:
        task = drawn.add_task(what, total=total)
        yield lambda: drawn.advance(task)


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """For work that says how much of it is done."""
    with Progress(console=console) as drawn:
        task = drawn.add_task(what, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


def followed(things: Things[Thing], what: str) -> Iterator[Thing]:
    """The things one by one, with what has been done told."""
    if console.is_terminal:
        yield from track(things, description=what, console=console)
        return
    for number, thing in enumerate(things, 1):
        yield thing
        if number % EVERY == 0:
            console.print(f"{number} of {len(things)} {what}")
