"""`switchboard settings`: each setting, its value, and where the value comes from."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings(as_json: AsJson = False) -> None:
    """Show each setting, its value and its source. Secrets are masked."""
    from api.cli.opening import read_settings
    from api.cli.output import result, result_json
    from api.cli.sources import rows

    found = rows(read_settings())
    if as_json:
        result_json([{"name": r.name, "variable": r.variable, "value": r.value, "source": r.source} for r in found])
        return
    width = max(len(row.variable) for row in found)
    for row in found:
        result(f"{row.variable:{width}}  {row.shown}  [{row.source}]")
