"""All commands, joined. Heavy modules are imported by the command that needs them, so that `--help` is quick."""

from __future__ import annotations

import typer

from api.cli import (
    ask,
    cache,
    catalog,
    database,
    doctor,
    graph,
    lessons,
    outside,
    policy,
    prompts,
    serve,
    settings,
    threads,
)

EPILOG = """Exit codes: 0 done; 1 failed, or a problem was found; 2 wrong usage; 3 input is needed;
4 no API fits; 130 interrupted. Settings are read from the environment and from .env: `switchboard settings`."""

app = typer.Typer(
    name="switchboard",
    help="Connects a question in words to the right API, asks for what is missing, and calls it safely.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("ask")(ask.ask)
app.command("serve")(serve.serve)
app.add_typer(catalog.app, name="catalog")
app.add_typer(threads.app, name="threads")
app.add_typer(cache.app, name="cache")
app.add_typer(lessons.app, name="lessons")
app.add_typer(prompts.app, name="prompts")
app.add_typer(policy.app, name="policy")
app.add_typer(database.app, name="database")
app.command("graph")(graph.graph)
app.command("settings")(settings.settings)
app.command("doctor")(doctor.doctor)
outside.add_commands(app)
