"""`switchboard policy`: is the operator's policy sound, and what does it say of an API?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Check the rules of what may be called, and say which of them decides.", no_args_is_help=True)

UNSET = "SWITCHBOARD_POLICY_FILE"
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help=f"Unset: that of {UNSET}.", show_default=False)]
InFile = Annotated[Path | None, typer.Option("--file", metavar="FILE", help=f"Unset: that of {UNSET}.")]
ApiId = Annotated[str, typer.Argument(metavar="API_ID", help="As `catalog search` prints it.")]
Tenant = Annotated[str, typer.Option(help="For whom the API is called.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(file: File = None, as_json: AsJson = False) -> None:
    """Read the policy, and count the APIs of the catalog that each rule decides. Exit code 1: it cannot be read."""
    from api.cli.judging import checked
    from api.cli.opening import wait_for

    wait_for(checked(file, as_json=as_json))


@app.command()
def explain(api_id: ApiId, tenant: Tenant = "default", file: InFile = None, as_json: AsJson = False) -> None:
    """Say whether an API is sent, asked about, or denied, and which rule says so."""
    from api.cli.judging import explained
    from api.cli.opening import wait_for

    wait_for(explained(api_id, tenant, file, as_json=as_json))
