"""`switchboard ask`: a question in words, and a conversation in the terminal until it is answered."""

from __future__ import annotations

from typing import Annotated

import typer

Query = Annotated[str, typer.Argument(help="The question, in words.", show_default=False)]
Param = Annotated[
    list[str], typer.Option("--param", "-p", metavar="NAME=VALUE", help="A value supplied beforehand; repeatable.")
]
Category = Annotated[list[str], typer.Option(help="Search only in this category; repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask: exit 3 and say which values are missing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send nothing; show what would be sent and asked.")]
Url = Annotated[str | None, typer.Option(help="Ask a running service instead of the data folder.", show_default=False)]


def ask(
    query: Query,
    param: Param = [],  # noqa: B006  (Typer copies it)
    category: Category = [],  # noqa: B006
    as_json: AsJson = False,
    no_input: NoInput = False,
    dry_run: DryRun = False,
    url: Url = None,
) -> None:
    """Ask in words. What is missing is asked for here, one field at a time."""
    from api.cli.asking import Wish, converse
    from api.cli.opening import wait_for

    wish = Wish(
        query=query, params=_pairs(param), categories=category, dry_run=dry_run, no_input=no_input, as_json=as_json
    )
    raise typer.Exit(wait_for(converse(wish, url=url)))


def _pairs(given: list[str]) -> dict[str, object]:
    return dict(_pair(each) for each in given)


def _pair(given: str) -> tuple[str, object]:
    """The value as JSON where it is some, else as text: `limit=5` is a number, `city=Oslo` is not."""
    from pydantic_core import from_json

    name, separator, value = given.partition("=")
    if not name or not separator:
        raise typer.BadParameter(f"{given!r} is not NAME=VALUE.", param_hint="--param")
    try:
        return name, from_json(value, allow_inf_nan=False)
    except ValueError:
        return name, value
