"""Secrets through mixed runs with faults, against upstreams and models that repeat them: they are found nowhere."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import random
import sqlite3
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.cli.credentials import missing_credentials
from api.cli.sources import rows
from catalog.errors import SwitchboardError
from catalog.importing import import_document
from evals.faults.marked import Marked, found_in, fresh, marked_secrets
from evals.faults.program import Finding, Outcome, Program, Wanted
from evals.faults.raw_server import Arrived, RawServer, raw_server
from graph.requests import QueryRequest, ResumeRequest, TryRequest
from graph.services import Services, open_services
from graph.settings import Settings

RUNS, FEW = 200, 16
FAULTS = ("echo", "echo", "echo encoded", "refuse", "fail", "redirect", "packed", "garbage", "reset", "unauthorized")
"""How the upstream answers, one after the other; most repeat all that they were sent."""


@dataclass
class Scene:
    """What is hidden, and all that came to light."""

    chance: random.Random
    folder: Path
    secrets: list[Marked]
    others: dict[str, str]
    """Beside credentials: the model's key, a client of OAuth, its tokens, values of hidden parameters, sealing key."""
    environment: dict[str, str] = field(default_factory=dict)
    shown: dict[str, bytes] = field(default_factory=dict)
    """By the run and the place, what anybody could see."""
    model_requests: list[bytes] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    answers: int = 0

    @property
    def all(self) -> dict[str, str]:
        return {**{secret.name: secret.value for secret in self.secrets}, **self.others}

    async def upstream(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        whole = repr(arrived).encode()
        self.sent.update(name for name in self.all if self.all[name].encode() in whole)
        self.sent.update(hit.rpartition(" (")[0] for hit in found_in(whole, self.all))
        if arrived.target == "/token":
            return await self._token(arrived, writer)
        self.answers += 1
        return await _answer(FAULTS[self.answers % len(FAULTS)], _repeated(arrived), writer)

    async def _token(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        self.sent.update(["client"])
        if self.sent["client"] % 3 == 2:
            return await _say(writer, 400, {"error": f"not {_repeated(arrived)}", "error_description": repr(arrived)})
        return await _say(writer, 200, {"access_token": self.others["token"], "token_type": "bearer"})

    async def model(self, arrived: Arrived, writer: asyncio.StreamWriter) -> None:
        """Repeats the key that it was given, in errors and in what it says."""
        self.model_requests.append(arrived.body)
        key = arrived.header("authorization")[0]
        if len(self.model_requests) % 3 == 0:
            return await _say(writer, 401, {"error": {"message": f"Incorrect API key provided: {key}"}})
        said = {"role": "assistant", "content": f"Your key is {key}, in hex {key.encode().hex()}"}
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        return await _say(writer, 200, {"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]})


async def run(wanted: Wanted) -> Outcome:
    chance = random.Random(wanted.seed)  # noqa: S311  (they only have to be told apart)
    names = ("model_key", "client", "token", "account", "card", "sealing_key")
    scene = Scene(chance, wanted.folder, marked_secrets(chance), {name: fresh(chance) for name in names})
    many = wanted.times or (FEW if wanted.short else RUNS)
    with _logged(scene), _environment(scene) as environment:
        async with raw_server(scene.upstream) as upstream, raw_server(scene.model) as model:
            settings = _settings(scene, upstream, model, environment)
            async with _opened(settings, upstream, scene) as services:
                scene.shown["doctor"] = repr(await missing_credentials(services.parts)).encode()
                scene.shown["settings"] = repr([settings, rows(settings), services]).encode()
                for number in range(many):
                    await _one(scene, services, number)
                    wanted.say(f"{number + 1} of {many} runs") if number % 50 == 49 else None
    scene.shown["prompts"] = b"\n".join(scene.model_requests)
    scene.shown |= dict(_stored(wanted.folder / "data"))
    return _judged(scene, many)


def _settings(scene: Scene, upstream: RawServer, model: RawServer, environment: dict[str, str]) -> Settings:
    credentials: dict[str, Any] = {secret.name: secret.reference(scene.folder, environment) for secret in scene.secrets}
    client = {"secret": f"id:{scene.others['client']}", "grant": "client_credentials"}
    credentials["oauth"] = {**client, "token_url": f"{upstream.url}/token"}
    environment |= {"MARKED_ACCOUNT": scene.others["account"], "MARKED_CARD": scene.others["card"]}
    os.environ.update(environment)
    given: dict[str, Any] = {
        "data_dir": scene.folder / "data",
        "credentials": credentials,
        "values": {
            "tenants": {"default": {"account": "env:MARKED_ACCOUNT"}},
            "users": {"default/default": {"card": "env:MARKED_CARD"}},
        },
        "secret_key": scene.others["sealing_key"],
        "model": "m",
        "reasoner": "chat",
        "openai_api_key": scene.others["model_key"],
        "openai_base_url": f"{model.url}/v1",
        "allow_networks": ["127.0.0.0/8"],
        "call_timeout_seconds": 2,
        "circuit_failures": 10**6,
        "call_retries": 0,
    }
    return Settings.model_validate(given)


@asynccontextmanager
async def _opened(settings: Settings, upstream: RawServer, scene: Scene) -> AsyncIterator[Services]:
    async with open_services(settings) as services:
        await import_document(services.catalog, _catalog(scene, upstream.url), format="switchboard", source="marked")
        await services.index.sync()
        yield services


def _catalog(scene: Scene, url: str) -> Any:
    auth = {secret.name: secret.scheme for secret in scene.secrets} | {"oauth": {"kind": "bearer"}}
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


async def _one(scene: Scene, services: Services, number: int) -> None:
    """A run of one of the kinds, with all that anybody may look at afterwards."""
    names = [*(secret.name for secret in scene.secrets), "oauth"]
    name, method = names[number % len(names)], ("get", "post")[number // len(names) % 2]
    options = {"dry_run": number % 13 == 5, "strategy": ("auto", "fan_out")[number % 2], "deadline_seconds": 8.0}
    try:
        if number % 3:
            given = {"params": {"word": "hello"}, "dry_run": options["dry_run"]}
            body = await _attempt(services, f"marked/marked/{name}_{method}", given)
        else:
            asked = QueryRequest.model_validate({"query": f"{name} {method} with the word hello", "options": options})
            body = await services.runs.ask(asked, tenant="default")
        for _ in range(3):
            if body["status"] != "input_required":
                break
            body = await _accepted(services, body)
        trace = await services.runs.trace(body["thread_id"], tenant="default")
        scene.shown[f"run {number} of {name}"] = json.dumps([body, trace], ensure_ascii=False).encode()
    except SwitchboardError as error:
        told = "".join(traceback.format_exception(error)) + repr(vars(error))
        scene.shown[f"error {number} of {name}"] = told.encode()


async def _attempt(services: Services, api_id: str, given: dict[str, Any]) -> Any:
    return await services.runs.attempt(api_id, TryRequest.model_validate(given), tenant="default")


async def _accepted(services: Services, body: Any) -> Any:
    contents = {"outcome_unknown": {"happened": "no"}, "missing_parameters": {"word": "hello"}}
    answers = [
        {"id": asked["id"], "action": "accept", "content": contents.get(asked["reason"], {})}
        for asked in body["input_requests"]
    ]
    given = ResumeRequest.model_validate({"responses": answers})
    return await services.runs.resume(body["thread_id"], given, tenant="default")


def _repeated(arrived: Arrived) -> dict[str, Any]:
    headers = [list(pair) for pair in arrived.headers]
    return {"target": arrived.target, "headers": headers, "body": arrived.body.decode()}


async def _answer(fault: str, echo: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    told = json.dumps(echo)
    match fault:
        case "echo":
            await _say(writer, 200, echo)
        case "echo encoded":
            raw = told.encode()
            hexes = [value.encode().hex() for _, value in echo["headers"]]
            await _say(writer, 200, {"b64": base64.b64encode(raw).decode(), "hex": hexes, "HEX": raw.hex().upper()})
        case "refuse" | "unauthorized":
            await _say(writer, 422 if fault == "refuse" else 401, {"detail": f"not like this: {told}"})
        case "fail":
            await _say(writer, 500, {"error": told})
        case "redirect":
            away = next((value for name, value in echo["headers"] if name in ("x-key", "authorization")), "x")
            await _say(writer, 302, {}, location=f"http://{away.rpartition(' ')[2]}.example{echo['target']}")
        case "packed":
            await _say(writer, 200, {}, **{"content-encoding": echo["headers"][-1][1]})
        case "garbage":
            await _say(writer, 200, told[: len(told) // 2])
        case _:
            writer.transport.abort()


async def _say(writer: asyncio.StreamWriter, status: int, body: Any, **headers: str) -> None:
    content = json.dumps(body).encode() if not isinstance(body, str) else body.encode()
    lines = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + content)
    await writer.drain()


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


def _stored(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the data folder as it is, and every row of every database as text: checkpoints are packed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(folder)}", path.read_bytes()
        if path.suffix == ".db":
            with contextlib.closing(sqlite3.connect(path)) as database:
                yield f"dump of {path.name}", "\n".join(_rows(database)).encode(errors="replace")


def _rows(database: sqlite3.Connection) -> Iterator[str]:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):  # the names are the database's own
            yield " ".join(each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in row)


def _judged(scene: Scene, many: int) -> Outcome:
    findings = []
    for place, content in scene.shown.items():
        hits = sorted(set(found_in(content, scene.all)))
        findings.append(Finding(place, not hits, ", ".join(hits[:5])))
    unsent = [name for name in scene.all if name not in scene.sent and name not in ("model_key", "sealing_key")]
    enough = many >= 2 * len(scene.secrets)
    findings.append(Finding("every secret was sent to its upstream", not (enough and unsent), ", ".join(unsent)))
    figures = {
        "runs": many,
        "secrets": len(scene.all),
        "places looked at": len(scene.shown),
        "bytes looked at": sum(map(len, scene.shown.values())),
        "requests upstream": scene.answers,
        "requests to the model": len(scene.model_requests),
        "secrets found": sum(not finding.passed for finding in findings[:-1]),
    }
    return Outcome(tuple(findings), figures)


PROGRAM = Program("secrets", "no secret is found in a log, database, trace, error or model request, in any form", run)
