"""All fault programs by name: add yours here, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.errors import SwitchboardError
from evals.faults import (
    clients,
    database_trouble,
    everyone_answers,
    killed,
    lost_acknowledgement,
    own_keys,
    parameter_escapes,
    secret_hunt,
    soak,
    stalled,
    upstream_faults,
    url_tricks,
    waiting_threads,
)
from evals.faults.program import Program

PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        parameter_escapes.PROGRAM,
        url_tricks.PROGRAM,
        upstream_faults.PROGRAM,
        clients.PROGRAM,
        database_trouble.PROGRAM,
        soak.PROGRAM,
        secret_hunt.PROGRAM,
        killed.PROGRAM,
        stalled.PROGRAM,
        everyone_answers.PROGRAM,
        lost_acknowledgement.PROGRAM,
        own_keys.PROGRAM,
        waiting_threads.PROGRAM,
        # what a program imports it imports when it runs, so that a list of names stays cheap
    )
}


class UnknownFault(SwitchboardError):
    """No program has this name."""

    code = "unknown_fault"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no fault program {name!r}. There are: {', '.join(PROGRAMS)}.")
        self.name = name


def program_named(name: str) -> Program:
    """Raises UnknownFault."""
    if name not in PROGRAMS:
        raise UnknownFault(name)
    return PROGRAMS[name]
