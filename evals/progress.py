"""Progress of an eval on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import track

console = Console(stderr=True)
EVERY = 100  # things between two lines where there is no terminal
Thing = TypeVar("Thing", covariant=True)


class Things(Sized, Protocol[Thing]):
    """A list of known length."""

    def __iter__(self) -> Iterator[Thing]: ...


def followed(things: Things[Thing], what: str) -> Iterator[Thing]:
    """The things one by one, with what has been done told."""
    if console.is_terminal:
        yield from track(things, description=what, console=console)
        return
    for number, thing in enumerate(things, 1):
        yield thing
        if number % EVERY == 0:
            console.print(f"{number} of {len(things)} {what}")
