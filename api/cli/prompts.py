"""`switchboard prompts`: what models are told, which version is in force, and copies to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Show what models are told, and copy it to change it.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a prompt, as `list` has it.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these prompts.", show_default="all of them")
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.", file_okay=False)]


@app.command("list")
def listing(as_json: AsJson = False) -> None:
    """List the prompts in force: name, version, size, and the file that each comes from."""
    from api.cli.output import result, result_json
    from api.cli.prompting import in_force

    found = in_force()
    if as_json:
        result_json(found)
        return
    width = max(len(row.name) for row in found)
    for row in found:
        result(f"{row.name:{width}}  {row.version}  {row.characters:>6,}  {row.source}")


@app.command()
def show(name: Name) -> None:
    """Print a prompt as models get it."""
    from api.cli.output import result
    from api.cli.prompting import named, text_of

    result(text_of(named([name])[0]))


@app.command()
def copy(folder: Folder, names: Names = None) -> None:
    """Write the bundled prompts into a folder, as files to change. Exit code 1 if one is there already."""
    from api.cli.output import Exit, note, result
    from api.cli.prompting import copied, named

    written, left = copied(folder, named(names or []))
    for path in written:
        result(str(path))
    for path in left:
        note(f"{path} is there already and was left as it is.")
    note("They are used if SWITCHBOARD_PROMPTS_DIR names this folder. Delete those that you leave unchanged.")
    raise typer.Exit(Exit.FAILED if left else Exit.OK)
