"""Secrets through mixed runs with faults, against upstreams and models that repeat them: they are found nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

from api.cli.credentials import missing_credentials
from api.cli.sources import rows
from catalog.errors import SwitchboardError
from catalog.importing import import_document, import_file
from evals.faults.marked import found_in, fresh, marked_secrets
from evals.faults.program import Figure, Finding, Outcome, Program, Wanted
from evals.faults.raw_server import RawServer, raw_server
from evals.faults.secret_stores import stored
from evals.faults.secret_upstreams import Scene
from graph.outside import egress_of
from graph.requests import QueryRequest, ResumeRequest, TryRequest
from graph.services import Services, open_services
from graph.settings import Settings

RUNS, FEW = 200, 16
OAUTH = ("client", "token", "signed_client", "code", "signed_token", "refresh_token")
SUPPLIED = ("account", "card")
OWN = ("model_key", "sealing_key")
"""For no upstream."""
MCP = ("mcp_bearer", "mcp_header")
WORD = "marjoram"
"""No secret: it has to be found wherever threads are kept, or nothing was looked at."""


async def run(wanted: Wanted) -> Outcome:
    """With SQLite and with PostgreSQL, or with the one that is named."""
    if wanted.database_url is not None:
        return await _hunt(wanted, "PostgreSQL", wanted.database_url)
    from evals.local_postgres import local_postgres

    outcomes = [await _hunt(wanted, "SQLite", None)]
    with local_postgres() as server:
        outcomes.append(await _hunt(wanted, "PostgreSQL", server.new_database()))
    figures = {name: figure for outcome in outcomes for name, figure in outcome.figures.items()}
    return Outcome(tuple(finding for outcome in outcomes for finding in outcome.findings), figures)


async def _hunt(wanted: Wanted, database: str, url: str | None) -> Outcome:
    chance = random.Random(wanted.seed)  # noqa: S311  (they only have to be told apart)
    names = (*OAUTH, *SUPPLIED, *OWN, *(MCP if find_spec("mcp") else ()))
    folder = wanted.folder / database
    await asyncio.to_thread(folder.mkdir)
    scene = Scene(chance, folder, marked_secrets(chance), {name: fresh(chance) for name in names})
    many = wanted.times or (FEW if wanted.short else RUNS)
    with _logged(scene), _environment(scene) as environment:
        async with raw_server(scene.upstream) as upstream, raw_server(scene.model) as model:
            settings = _settings(scene, upstream, model, environment, url)
            async with _opened(settings, upstream, scene) as services:
                scene.shown["doctor"] = repr(await missing_credentials(services.parts)).encode()
                scene.shown["settings"] = repr([settings, rows(settings), services]).encode()
                for number in range(many):
                    await _one(scene, services, number)
                    wanted.say(f"{database}: {number + 1} of {many} runs") if number % 50 == 49 else None
    scene.shown["prompts"] = b"\n".join(scene.model_requests)
    scene.shown |= await asyncio.to_thread(lambda: dict(stored(folder / "data", url)))
    return _judged(scene, database, many)


def _settings(
    scene: Scene, upstream: RawServer, model: RawServer, environment: dict[str, str], url: str | None
) -> Settings:
    others = scene.others
    environment |= {f"MARKED_{name.upper()}": others[name] for name in others if name in (*SUPPLIED, "mcp_bearer")}
    credentials: dict[str, Any] = {secret.name: secret.reference(scene.folder, environment) for secret in scene.secrets}
    os.environ.update(environment)
    given: dict[str, Any] = {
        "data_dir": scene.folder / "data",
        "database_url": url,
        "credentials": credentials | _of_oauth(scene, f"{upstream.url}/token"),
        "mcp_servers": _mcp_servers(scene, f"{upstream.url}/mcp"),
        "values": {
            "tenants": {"default": {"account": "env:MARKED_ACCOUNT"}},
            "users": {"default/default": {"card": "env:MARKED_CARD"}},
        },
        "secret_key": others["sealing_key"],
        "model": "m",
        "reasoner": "chat",
        "openai_api_key": others["model_key"],
        "openai_base_url": f"{model.url}/v1",
        "allow_networks": ["127.0.0.0/8"],
        "call_timeout_seconds": 2,
        "circuit_failures": 10**6,
        "call_retries": 0,
    }
    return Settings.model_validate(given)


def _of_oauth(scene: Scene, token_url: str) -> dict[str, Any]:
    """A client of its own, and one for which a person signs in."""
    person = {"grant": "authorization_code", "authorize_url": "https://login.example.com/authorize"}
    return {
        "oauth": {"secret": f"id:{scene.others['client']}", "grant": "client_credentials", "token_url": token_url},
        "signed": {"secret": f"id:{scene.others['signed_client']}", "token_url": token_url, **person},
    }


def _mcp_servers(scene: Scene, url: str) -> dict[str, Any]:
    if "mcp_bearer" not in scene.others:
        return {}
    return {"desk": {"url": url, "bearer": "env:MARKED_MCP_BEARER", "headers": {"X-Desk": scene.others["mcp_header"]}}}


@asynccontextmanager
async def _opened(settings: Settings, upstream: RawServer, scene: Scene) -> AsyncIterator[Services]:
    async with open_services(settings) as services:
        await import_document(services.catalog, _catalog(scene, upstream.url), format="switchboard", source="marked")
        if settings.mcp_servers:
            await _take_in_desk(scene, services, settings)
        await services.index.sync()
        yield services


def _catalog(scene: Scene, url: str) -> Any:
    auth = {secret.name: secret.scheme for secret in scene.secrets}
    auth |= {"oauth": {"kind": "bearer"}, "signed": {"kind": "bearer"}}
    hidden = {"name": "account", "place": "query", "supply": {"from": "tenant"}}
    card = {"name": "card", "place": "header", "supply": {"from": "user"}}
    word = {"name": "word", "place": "query", "description": "Any word."}
    shared = {"parameters": [word, hidden, card]}
    apis = [
        {"name": f"{name}_{method.lower()}", "method": method, "path": f"/{name}", "auth": name, **shared}
        for name in auth
        for method in ("GET", "POST")
    ]
    tools = [{"name": "Marked", "category": "Marked", "url": url, "apis": apis}]
    return {"format": "switchboard", "version": 1, "auth": auth, "tools": tools}


async def _take_in_desk(scene: Scene, services: Services, settings: Settings) -> None:
    """As `switchboard catalog import mcp:desk` does."""
    from callers.mcp_listing import describe
    from callers.mcp_sessions import mcp_sessions

    async with mcp_sessions(settings.mcp_servers, allow_stdio=False, egress=egress_of(settings)) as sessions:
        listing = scene.folder / "listing.json"
        await asyncio.to_thread(listing.write_text, json.dumps(await describe(sessions, "desk")))
    await import_file(services.catalog, listing, format="mcp", source="mcp:desk")
    scene.shown["listing"] = await asyncio.to_thread(listing.read_bytes)


async def _one(scene: Scene, services: Services, number: int) -> None:
    """A run of one of the kinds, with all that anybody may look at afterwards."""
    turn, special = divmod(number, 2)  # every second one, as more happens there
    secrets = [secret.name for secret in scene.secrets]
    tools = {name: f"marked/marked/{name}" for name in (*secrets, "oauth", "signed")}
    tools |= {"desk": "mcp/desk/desk"} if "mcp_bearer" in scene.others else {}
    names = list(tools)[len(secrets) :] if special else secrets
    name, method = names[turn % len(names)], ("get", "post")[turn // len(names) % 2]
    options = {"dry_run": number % 13 == 5, "strategy": ("auto", "fan_out")[number % 2], "deadline_seconds": 8.0}
    try:
        if turn % 5:
            given = {"params": {"word": WORD}, "dry_run": options["dry_run"]}
            body = await _attempt(services, f"{tools[name]}_{method}", given)
        else:
            asked = QueryRequest.model_validate({"query": f"{name} {method} with the word {WORD}", "options": options})
            body = await services.runs.ask(asked, tenant="default")
        said = [body]
        for _ in range(3):
            if body["status"] != "input_required":
                break
            said.append(body := await _accepted(scene, services, body))
        trace = await services.runs.trace(body["thread_id"], tenant="default")
        scene.shown[f"run {number} of {name}"] = json.dumps([said, trace], ensure_ascii=False).encode()
    except SwitchboardError as error:
        _keep(scene, f"error {number} of {name}", error)


def _keep(scene: Scene, place: str, error: SwitchboardError) -> None:
    scene.shown[place] = ("".join(traceback.format_exception(error)) + repr(vars(error))).encode()


async def _attempt(services: Services, api_id: str, given: dict[str, Any]) -> Any:
    return await services.runs.attempt(api_id, TryRequest.model_validate(given), tenant="default")


async def _accepted(scene: Scene, services: Services, body: Any) -> Any:
    contents = {"outcome_unknown": {"happened": "no"}, "missing_parameters": {"word": WORD}}
    for asked in body["input_requests"]:
        if asked["reason"] == "credentials_required" and asked.get("url"):
            await _signed_in(scene, services, asked["url"])
    answers = [
        {"id": asked["id"], "action": "accept", "content": contents.get(asked["reason"], {})}
        for asked in body["input_requests"]
    ]
    given = ResumeRequest.model_validate({"responses": answers})
    return await services.runs.resume(body["thread_id"], given, tenant="default")


async def _signed_in(scene: Scene, services: Services, url: str) -> None:
    """As the provider sends a person back."""
    scene.shown[f"link {scene.tokens}"] = url.encode()
    sign_ins = services.parts.keys.sign_ins
    assert sign_ins is not None  # noqa: S101  (a credential wants it)
    try:
        await sign_ins.complete(parse_qs(urlsplit(url).query)["state"][0], scene.others["code"])
    except SwitchboardError as error:
        _keep(scene, f"signing in {scene.tokens}", error)


@contextmanager
def _environment(scene: Scene) -> Iterator[dict[str, str]]:
    """Variables that are gone afterwards."""
    try:
        yield scene.environment
    finally:
        for name in scene.environment:
            os.environ.pop(name, None)


@contextmanager
def _logged(scene: Scene) -> Iterator[None]:
    """All that any library logs, down to the last detail."""
    path = scene.folder / "service.log"
    handler, root = logging.FileHandler(path), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()
        scene.shown["log"] = path.read_bytes()


def _judged(scene: Scene, database: str, many: int) -> Outcome:
    found = {place: sorted(set(found_in(content, scene.all))) for place, content in scene.shown.items()}
    findings = [Finding(f"{database}: {place}", not hits, ", ".join(hits[:5])) for place, hits in found.items()]
    unsent = [name for name in scene.all if name not in scene.sent and name not in OWN]
    enough = many >= 2 * len(scene.all)
    dumped = any(WORD.encode() in content for place, content in scene.shown.items() if place.startswith("dump of"))
    findings += [
        Finding(f"{database}: every secret was sent where it belongs", not (enough and unsent), ", ".join(unsent)),
        Finding(f"{database}: what is no secret is found in the dump", dumped),
    ]
    figures: dict[str, Figure] = {
        "runs": many,
        "secrets": len(scene.all),
        "places looked at": len(scene.shown),
        "bytes looked at": sum(map(len, scene.shown.values())),
        "requests upstream": scene.answers,
        "requests for tokens": scene.tokens,
        "requests to the model": len(scene.model_requests),
        "secrets found": sum(map(bool, found.values())),
    }
    return Outcome(tuple(findings), {f"{database}: {name}": figure for name, figure in figures.items()})


PROGRAM = Program("secrets", "no secret is found in a log, database, trace, error or model request, in any form", run)
