"""Measure retrieval, the filling of parameters, and speed on your own data."""

from __future__ import annotations

import typer

from evals.agents_command import agents
from evals.compare_command import compare
from evals.end_to_end_command import end_to_end
from evals.faults.command import faults
from evals.init_command import init
from evals.learn_command import learn
from evals.missing_command import missing
from evals.parameters_command import parameters
from evals.refusing_command import learn_refusing
from evals.relevance_command import relevance
from evals.retrieval_command import retrieval
from evals.speed_command import speed, synthetic
from evals.weights_command import weights

app = typer.Typer(help="Measure the service and its search on your machine and data.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Measure the service and its search on your machine and data."""


COMMANDS = (speed, retrieval, weights, parameters, missing, relevance, agents, compare, init, learn, synthetic, faults)
for command in COMMANDS:
    app.command()(command)
app.command("end-to-end")(end_to_end)
app.command("learn-refusing")(learn_refusing)
