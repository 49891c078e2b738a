"""The conversation behind `switchboard ask`: ask, answer what is asked back, show how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from api.cli import output
from api.cli.doors import Body, Door, door
from api.cli.forms import answered, choices, fields, required, shown
from api.cli.output import Exit
from api.cli.rehearsing import rehearsed
from catalog.errors import SwitchboardError
from graph.requests import QueryRequest, Response, ResumeRequest

ENDED = {
    "completed": Exit.OK,
    "input_required": Exit.INPUT_NEEDED,
    "no_tool": Exit.NO_API_FITS,
    "declined": Exit.FAILED,
    "failed": Exit.FAILED,
    "cancelled": Exit.FAILED,
    "running": Exit.FAILED,
}


class Unaskable(SwitchboardError):
    """A question that no door would take."""

    code = "invalid_query"
    cure = "See `switchboard ask --help`."


@dataclass(frozen=True)
class Wish:
    """One command line, read."""

    query: str
    params: Mapping[str, object]
    categories: Sequence[str] = ()
    dry_run: bool = False
    no_input: bool = False
    as_json: bool = False

    def request(self) -> QueryRequest:
        """Raises Unaskable."""
        options = {"categories": list(self.categories), "dry_run": self.dry_run}
        content = {"query": self.query, "params": dict(self.params), "options": options}
        try:
            return QueryRequest.model_validate(content)
        except ValidationError as invalid:
            found = invalid.errors(include_url=False, include_input=False)
            raise Unaskable("; ".join(f"{'.'.join(map(str, e['loc']))}: {_told(e)}" for e in found)) from None


def _told(found: ErrorDetails) -> str:
    match found["type"]:
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"is longer than {found['ctx']['max_length']:,} characters"
        case "string_unicode":
            return "is not text; the terminal's encoding and the locale may differ"
        case _:
            return found["msg"]


async def converse(wish: Wish, *, url: str | None) -> Exit:
    request = wish.request()
    async with door(url) as opened:
        body = await opened.ask(request)
        code = await settle(opened, body, no_input=wish.no_input, as_json=wish.as_json, url=url)
        if wish.dry_run and not wish.as_json:
            rehearsed(body, await opened.trace(str(body["thread_id"])))
        return code


async def settle(opened: Door, body: Body, *, no_input: bool, as_json: bool, url: str | None) -> Exit:
    """Answer what is open until nothing is, or nobody answers; then show the body."""
    noted: list[str] = []
    while body["status"] == "input_required":
        responses = _first_choices(body, noted) if no_input else _by_hand(body)
        if not responses:
            break
        asked = ResumeRequest(responses=[Response.model_validate(each) for each in responses])
        body = await opened.resume(str(body["thread_id"]), asked)
    if noted:
        body = {**body, "warnings": [*_list(body, "warnings"), *noted]}
    return display(body, as_json=as_json, url=url)


def _by_hand(body: Body) -> list[dict[str, JsonValue]]:
    """A person's responses; none where nobody answers (the input has ended)."""
    try:
        return [answered(request) for request in _requests(body)]
    except EOFError:
        output.note("")
        return []


def _first_choices(body: Body, noted: list[str]) -> list[dict[str, JsonValue]]:
    """Nobody is there to choose between APIs that fit alike: the first of each is taken, and said."""
    found = []
    for request in _requests(body):
        options = {name: choices(field) for name, field in fields(request).items()}
        if request["reason"] == "choose_api" and options and all(options.values()):
            found.append({"id": request["id"], "action": "accept", "content": {n: o[0][0] for n, o in options.items()}})
            noted += [
                f"--no-input took the first of {len(o)} APIs that fit alike: {o[0][1]}." for o in options.values()
            ]
    return found


def display(body: Body, *, as_json: bool, url: str | None = None) -> Exit:
    """The answer on stdout, what stands beside it on stderr. `url` is the service that gave it, if one did."""
    ended = ENDED[str(body["status"])]
    if as_json:
        output.result_json(body)
    else:
        _show_text(body)
    _next_thing(body, url)
    return ended


def _show_text(body: Body) -> None:
    for warning in _list(body, "warnings"):
        output.note(f"Note: {warning}")
    for call in _list(body, "calls"):
        if isinstance(call, dict):
            status = call.get("http_status")
            rather = "no answer" if call.get("request") is None else "not sent"
            output.note(f"{call.get('method')} {call.get('url')}  ->  {rather if status is None else status}")
    if body.get("answer") and body["status"] != "failed":  # why it failed is said below
        output.result(str(body["answer"]))
    for entry in _list(body, "closest"):
        if isinstance(entry, dict):
            output.note(f"  near: {entry.get('api_id')} ({entry.get('why')})")


def _next_thing(body: Body, url: str | None) -> None:
    """Every end but a good one says what to try next."""
    thread = body["thread_id"]
    trace = (
        f"GET {url}/threads/{thread}/trace shows why." if url else f"`switchboard threads trace {thread}` shows why."
    )
    match body["status"]:
        case "input_required":
            _say_missing(body, url)
        case "no_tool":
            output.note("Try other words, or see what there is: `switchboard catalog search WORDS`.")
        case "failed":
            error = body.get("error")
            output.note(f"Error: {error.get('detail') if isinstance(error, dict) else 'no answer was found'}")
            output.note(trace)
        case "running":
            output.note(f"It is still under way. {trace}")


def _say_missing(body: Body, url: str | None) -> None:
    for request in _requests(body):
        output.note(f"Input is needed: {request['message']}")
    if all(request["reason"] == "missing_parameters" for request in _requests(body)):
        given = " ".join(each for request in _requests(body) for each in _as_params(request))
        output.note(f"Ask again with: {given}")
    output.note(f"Or answer it: `switchboard threads resume {body['thread_id']}{f' --url {url}' if url else ''}`.")


def _as_params(request: Body) -> Iterator[str]:
    """What is missing, and what is to be confirmed with the value that it has now."""
    for name, field in fields(request).items():
        if "default" in field:
            yield f"--param {shlex.quote(name + '=' + shown(field['default']))}"
        elif name in required(request):
            yield f"--param {shlex.quote(name)}=VALUE"


def _requests(body: Body) -> list[Body]:
    return [request for request in _list(body, "input_requests") if isinstance(request, dict)]


def _list(body: Body, name: str) -> list[JsonValue]:
    value = body.get(name)
    return value if isinstance(value, list) else []
