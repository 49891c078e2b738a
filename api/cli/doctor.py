"""`switchboard doctor`: is this installation able to work, and what is to be done where it is not?"""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MARKS = {"good": "ok  ", "note": "note", "bad": "BAD "}


def doctor(as_json: AsJson = False) -> None:
    """Check this installation. Exit code 1 if something is broken; each finding says what to do."""
    from api.cli.examining import examine
    from api.cli.opening import wait_for
    from api.cli.output import Exit, result, result_json

    findings = wait_for(examine())
    if as_json:
        result_json(findings)
    else:
        for finding in findings:
            result(f"{MARKS[finding.state]}  {finding.what}")
            if finding.cure:
                result(f"      {finding.cure}")
    broken = any(finding.state == "bad" for finding in findings)
    raise typer.Exit(Exit.FAILED if broken else Exit.OK)
