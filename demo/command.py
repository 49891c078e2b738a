"""Watch questions being answered by a small world on this machine: no key, no network."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

import typer

from catalog.errors import SwitchboardError

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.console import Console

    from demo.reading import Answer, InputRequest
    from demo.service import Service
    from demo.tour import Stop

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
ROUNDS = 5
"""How often one question may ask back before the tour gives it up."""


@app.command()
def demo() -> None:
    """Start the service with a small stand-in world, and watch questions being answered step by step."""
    signal.signal(signal.SIGTERM, as_interrupt)
    try:
        failures = tour()
    except KeyboardInterrupt:
        typer.echo("\nStopped.", err=True)
        raise typer.Exit(130) from None
    except SwitchboardError as error:
        typer.echo(f"{error} {error.cure}".strip(), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(1 if failures else 0)


def as_interrupt(number: int, frame: FrameType | None) -> None:
    """So that what was started is stopped, and the temporary folder goes."""
    raise KeyboardInterrupt


def tour() -> int:
    """Ask all questions; how many did not end as they must."""
    from rich.console import Console

    from demo import service
    from demo.tour import TOUR

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    began = time.monotonic()
    failures = 0
    console.print("Starting the service and a small world for it to talk to ...", style="dim")
    with service.running() as started:
        welcome(console, started)
        for number, stop in enumerate(TOUR, 1):
            failures += not visit(console, started, number, stop)
    farewell(console, asked=len(TOUR), failures=failures, seconds=time.monotonic() - began)
    return failures


def welcome(console: Console, service: Service) -> None:
    counts = service.counts()
    named = [f"{counts[level]} {level}" for level in ("categories", "tools", "apis") if level in counts]
    console.print(f"The service answers at {service.url} and knows {', '.join(named)}.".replace("apis", "APIs"))


def visit(console: Console, service: Service, number: int, stop: Stop) -> bool:
    """Ask one question, answer what it asks back, show it all. True: it ended as it must."""
    from demo import show

    show.heading(console, number, stop)
    answer = service.ask(stop.query)
    show.block(console, show.path(answer, service.trace(answer.thread_id), service))
    for _ in range(ROUNDS):
        if answer.status != "input_required":
            break
        answer = answered(console, service, stop, answer)
    for sent in answer.calls:
        show.block(console, show.call(sent, stop.query))
    show.block(console, show.outcome(answer, service))
    if answer.status != stop.ends:
        console.print(f"  This should have ended as {stop.ends!r}, and ended as {answer.status!r}.", style="bold red")
        console.print(service.said(), style="dim", markup=False)
    return answer.status == stop.ends


def answered(console: Console, service: Service, stop: Stop, answer: Answer) -> Answer:
    """The answer to all that is asked, as a person would give it, through the same HTTP door."""
    from demo import show

    responses: list[JsonValue] = []
    for asked in answer.input_requests:
        response, said = reply(asked, stop)
        show.block(console, [*show.question(asked), ("You answer", said)])
        responses.append(response)
    return service.resume(answer, responses)


def reply(asked: InputRequest, stop: Stop) -> tuple[JsonValue, str]:
    """The response to one request, and how it is shown."""
    if asked.reason == "approval":
        action = "accept" if stop.approves else "decline"
        return {"id": asked.id, "action": action}, "yes, send it" if stop.approves else "no, do not send it"
    content = {name: stop.fields[name] for name in asked.form.properties if name in stop.fields}
    if not content and asked.reason != "missing_parameters":
        return {"id": asked.id, "action": "cancel"}, "never mind"
    # A field left out confirms what the form shows for it.
    said = ", ".join(f"{name} = {value}" for name, value in content.items()) or "yes, as shown"
    return {"id": asked.id, "action": "accept", "content": content}, said


def farewell(console: Console, *, asked: int, failures: int, seconds: float) -> None:
    console.print()
    verdict = "each ended as it must" if not failures else f"{failures} did not end as they must"
    console.print(f"{asked} questions in {seconds:.1f} s, {verdict}. All that was started is stopped.", style="bold")
    console.print(
        "Next: `switchboard serve --demo` and ask it yourself, or `switchboard catalog import FILE` for your own APIs.",
        style="dim",
    )


if __name__ == "__main__":
    app()
