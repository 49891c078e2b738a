"""`switchboard catalog`: import, search, show, count, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Import catalogs, search them, show what is in them.", no_args_is_help=True)

Paths = Annotated[
    list[str],  # a Path would fold the slashes of a URL
    typer.Argument(
        metavar="PATH",
        help="JSON, JSON lines or YAML, plain or gzip; a folder or archive; a URL; python:MODULE; mcp:NAME or mcp:URL.",
    ),
]
Format = Annotated[str, typer.Option("--format", help="Of the document; `auto` finds out.")]
Source = Annotated[
    str | None, typer.Option(help="Name of the source; what it held before is replaced.", show_default="file name")
]
Groups = Annotated[
    Path | None, typer.Option(help="JSON file: {group: [categories]}.", show_default=False, exists=True, dir_okay=False)
]
BaseUrl = Annotated[
    str, typer.Option("--base-url", help="URL that relative addresses of the document start from.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and report, write nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a re-import removes or changes APIs.")]
MinScore = Annotated[int, typer.Option(min=0, max=100, help="Exit code 1 if any API scores less.")]
Limit = Annotated[int, typer.Option(min=0, help="How many APIs are shown; --json has all.")]
Fields = Annotated[
    list[str] | None, typer.Argument(metavar="[FIELD]...", help="As `catalog show` names them; none: all of them.")
]
Anew = Annotated[bool, typer.Option("--anew", help="All of them: the model behind the name was replaced.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Words = Annotated[list[str], typer.Argument(metavar="WORDS", help="What to look for.")]
Many = Annotated[int, typer.Option("--k", "-k", min=1, max=100, help="How many results.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The id of an API or tool, or a category's name.")]
Named = Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the source.", show_default=False)]
Path1 = Annotated[str, typer.Argument(metavar="PATH", help="A catalog document, as for import.")]


@app.command("import")
def importing(
    paths: Paths,
    format_: Format = "auto",
    source: Source = None,
    groups: Groups = None,
    base_url: BaseUrl = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take catalog documents in, each in place of what its source held before."""
    from api.cli.importing import take_in
    from api.cli.opening import wait_for

    if source and len(paths) > 1:
        raise typer.BadParameter("names one source, but there are several paths.", param_hint="--source")
    code = wait_for(
        take_in(
            paths,
            form=format_,
            source=source,
            groups=groups,
            base_url=base_url,
            dry_run=dry_run,
            yes=yes,
            as_json=as_json,
        )
    )
    raise typer.Exit(code)


@app.command()
def validate(
    path: Path1, format_: Format = "auto", groups: Groups = None, base_url: BaseUrl = "", as_json: AsJson = False
) -> None:
    """Read a document and report; write nothing. Exit code 1 if anything in it cannot be taken."""
    from api.cli.importing import examine
    from api.cli.opening import wait_for

    raise typer.Exit(wait_for(examine(path, form=format_, groups=groups, base_url=base_url, as_json=as_json)))


@app.command()
def search(words: Words, k: Many = 10, as_json: AsJson = False) -> None:
    """Find APIs by words, best first."""
    from api.cli.opening import wait_for
    from api.cli.reading import find

    raise typer.Exit(wait_for(find(" ".join(words), k, as_json=as_json)))


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show an API, the APIs of a tool, or the tools of a category."""
    from api.cli.opening import wait_for
    from api.cli.reading import display

    wait_for(display(name, as_json=as_json))


@app.command()
def lint(min_score: MinScore = 0, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Say how ready each API is to be found, filled and called, worst first, and what to write."""
    from api.cli.linting import examined
    from api.cli.opening import wait_for

    raise typer.Exit(wait_for(examined(min_score=min_score, limit=limit, as_json=as_json)))


@app.command()
def revert(name: Name, fields: Fields = None) -> None:
    """Take back what a person corrected of an imported API, so that it is as its source says."""
    from api.cli.opening import wait_for
    from api.cli.reading import take_back

    wait_for(take_back(name, fields or []))


@app.command()
def remove(source: Named, yes: Yes = False) -> None:
    """Take all APIs of a source out of the catalog, as `catalog stats` names it."""
    from api.cli.importing import remove as removed
    from api.cli.opening import wait_for

    raise typer.Exit(wait_for(removed(source, yes=yes)))


@app.command()
def embed(anew: Anew = False) -> None:
    """Make the vectors that the search by meaning lacks. What was made until something fails is kept."""
    from api.cli.importing import embed as made
    from api.cli.opening import wait_for

    raise typer.Exit(wait_for(made(anew=anew)))


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Count what the catalog holds, and say where it came from."""
    from api.cli.opening import wait_for
    from api.cli.reading import count

    wait_for(count(as_json=as_json))
