"""What a process connects to, as its interpreter reports it, and a look-up of names that asks no network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from socket import AF_INET, AF_INET6, AI_NUMERICHOST, SOCK_STREAM, socket

from evals.faults.tricks import GOOD, NAMES, REBINDING

_KNOWN: Mapping[str, Sequence[Sequence[str]]] = {**NAMES, **REBINDING}


@dataclass
class Resolver:
    """Answers from the lists, in turn; reads numbers as the system does; knows nothing else, and asks no network."""

    asked: dict[str, int] = field(default_factory=dict)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        answers = _KNOWN.get(host.lower().rstrip("."))
        if answers is not None:
            turn = self.asked[host] = self.asked.get(host, -1) + 1
            return answers[min(turn, len(answers) - 1)]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=SOCK_STREAM, flags=AI_NUMERICHOST)
        return [str(entry[4][0]) for entry in found]


@dataclass
class Watched:
    """Every connection that this process begins at another address than the good server's."""

    strays: list[str] = field(default_factory=list)
    is_on: bool = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        self.is_on = True
        self.strays.clear()
        try:
            yield
        finally:
            self.is_on = False

    def hear(self, event: str, told: tuple[object, ...]) -> None:
        if not self.is_on or event != "socket.connect":
            return
        connecting, address = told[0], told[1]
        if not isinstance(connecting, socket) or not isinstance(address, tuple) or connecting.type != SOCK_STREAM:
            return
        if connecting.family in (AF_INET, AF_INET6) and address[0] != GOOD:
            self.strays.append(f"{address[0]}:{address[1]}")


@cache
def watched() -> Watched:
    """The one of this process: what listens to the interpreter stays for good, so it is off as a rule."""
    ears = Watched()
    sys.addaudithook(ears.hear)
    return ears
