"""What the documents show is what happens: every block runs, or is held against the program."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import httpx2
import pytest
import typer.main
from pydantic import BaseModel

from api.catalog_schemas import ImportRequest
from api.cli.app import app
from api.schemas import Answer, InputRequest
from graph.build import build
from graph.requests import QueryRequest, ResumeRequest
from graph.settings import Settings
from graph.studio import OpenedLate

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTED_ADDRESS = "http://127.0.0.1:8000"
MARK = "=== end of block ==="
FOREIGN = ("SWITCHBOARD_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line where it begins."""

    language: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    written = path.read_text(encoding="utf-8")
    fences = re.finditer(r"^```(\w*)\n(.*?)^```$", written, re.MULTILINE | re.DOTALL)
    return [Block(f[1], f[2], written.count("\n", 0, f.start()) + 1) for f in fences]


def of(language: str) -> list[object]:
    """All blocks of a language, as test cases."""
    found = [(path, block) for path in DOCUMENTS for block in blocks(path) if block.language == language]
    return [pytest.param(block, id=f"{path.name}:{block.line}") for path, block in found]


def environment(data: Path) -> dict[str, str]:
    """As of a user who has set nothing, and whose `switchboard` is this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "SWITCHBOARD_DATA_DIR": str(data), "NO_COLOR": "1"}


@pytest.fixture
def address(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """`switchboard serve --demo` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "--demo", "--port", str(port)]
    env = environment(tmp_path / "data")
    log = tmp_path / "service.log"
    with log.open("wb") as out, subprocess.Popen(command, cwd=tmp_path, env=env, stderr=out) as service:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", service, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()


def wait_for(url: str, service: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    with httpx2.Client(trust_env=False) as client:
        while service.poll() is None and time.monotonic() < until:
            with contextlib.suppress(httpx2.HTTPError):
                if client.get(url).is_success:
                    return
            time.sleep(0.05)
    pytest.fail(f"The service did not start:\n{log.read_text(errors='replace')}")


@pytest.mark.parametrize("path", [pytest.param(p, id=p.name) for p in DOCUMENTS])
def test_the_commands_of_a_document_run_and_print_what_it_shows(
    path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = [block for block in blocks(path) if block.language == "sh"]
    served = any(DOCUMENTED_ADDRESS in block.text for block in script)
    here = request.getfixturevalue("address") if served else DOCUMENTED_ADDRESS
    text = "".join(f"{block.text}\nprintf '\\n{MARK}\\n'\n" for block in script).replace(DOCUMENTED_ADDRESS, here)
    (tmp_path / "work").mkdir()

    ran = subprocess.run(
        ["bash", "-eu", "-c", text],
        cwd=tmp_path / "work",
        env=environment(tmp_path / "data"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )

    printed = ran.stdout.split(f"\n{MARK}\n")
    told = (
        f"block {len(printed)} of {len(script)} ended with {ran.returncode}:\n{printed[-1][-1000:]}{ran.stderr[-2000:]}"
    )
    assert ran.returncode == 0, told
    for shown, command, output in expected(path, printed):
        assert matches(shown.text, output), f"{path.name}:{shown.line}\n{command.text}\n--- printed:\n{output}"


def expected(path: Path, printed: list[str]) -> Iterator[tuple[Block, Block, str]]:
    """Each `text` block that follows an `sh` block, with what that one printed."""
    outputs = iter(printed)
    before: tuple[Block, str] | None = None
    for block in blocks(path):
        if block.language == "text" and before:
            yield block, *before
        before = (block, next(outputs)) if block.language == "sh" else None


def matches(shown: str, printed: str) -> bool:
    """`...` stands for anything, also for several lines; a line that ends need not have ended in what was printed."""
    written = ".*".join(re.escape(part.strip("\n")) for part in shown.strip().split("..."))
    pattern = written.replace("\\\n", r"\s*")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def test_what_is_shown_must_really_be_printed() -> None:
    assert matches('{"status":"completed",..."answer":"Order...\n', '{"status":"completed","x":1,"answer":"Order 5"}\n')
    assert not matches('{"status":"completed",...\n', '{"status":"failed","x":1}\n')


CONSOLE = {
    "make": lambda words: f"\n{words[1]}:" in (ROOT / "Makefile").read_text(),
    "docker": lambda words: words[1] == "compose" and (ROOT / "docker-compose.yml").exists(),
    "switchboard": lambda words: understood(words[1:]),
    ".venv/bin/switchboard": lambda words: understood(words[1:]),
}
"""Commands that go on until they are stopped, or install something: how each is held against the program."""


def understood(arguments: list[str]) -> bool:
    """Whether the command line takes these arguments, without running the command."""
    command = typer.main.get_command(app)
    while arguments and isinstance(command, click.Group | typer.main.TyperGroup):
        command, arguments = command.commands.get(arguments[0]), arguments[1:]
    if command is None:
        return False
    command.make_context("switchboard", list(arguments))
    return True


@pytest.mark.parametrize("block", of("console"))
def test_commands_that_are_only_shown_exist(block: Block) -> None:
    for line in block.text.splitlines():
        words = shlex.split(line)
        assert CONSOLE[words[0]](words), line


@pytest.mark.parametrize("block", of("python"))
def test_python_blocks_run(block: Block) -> None:
    exec(compile(block.text, "document", "exec"), {})  # noqa: S102  (our own documents)


MODELS: dict[str, type[BaseModel]] = {
    "query": QueryRequest,
    "responses": ResumeRequest,
    "document": ImportRequest,
    "status": Answer,
    "reason": InputRequest,
}
"""What a JSON block is, by a field that only it has."""


@pytest.mark.parametrize("block", of("json"))
def test_json_blocks_are_what_the_service_takes_and_gives(block: Block) -> None:
    content = json.loads(block.text)
    model = next(model for field, model in MODELS.items() if field in content)

    read = model.model_validate(content)

    assert set(content) <= set(read.model_dump(by_alias=True))
    if model in (Answer, InputRequest):
        assert set(content) == set(read.model_dump(by_alias=True))


def test_every_default_of_a_query_is_shown(tmp_path: Path) -> None:
    shown = next(json.loads(b.text) for b in blocks(ROOT / "docs/http-api.md") if '"options"' in b.text)

    assert set(shown) == set(QueryRequest.model_fields)
    assert set(shown["options"]) == set(QueryRequest.model_fields["options"].annotation.model_fields)  # type: ignore[union-attr]


def test_the_path_is_drawn_as_it_is(tmp_path: Path) -> None:
    (drawn,) = (b for path in DOCUMENTS for b in blocks(path) if b.language == "mermaid")
    graph = build(OpenedLate(Settings(_env_file=None, data_dir=tmp_path)))  # type: ignore[call-arg]

    assert drawn.text.strip() == graph.get_graph(xray=True).draw_mermaid().strip()


def test_the_import_directions_are_those_that_are_checked() -> None:
    (drawn,) = (b for b in blocks(ROOT / "docs/architecture.md") if b.language == "text")
    layers = re.search(r"layers = (\[.*\])", (ROOT / "pyproject.toml").read_text())

    assert layers is not None
    assert drawn.text.strip().split(" -> ") == json.loads(layers[1])


def test_no_block_is_of_a_language_that_nothing_checks() -> None:
    known = {"sh", "text", "console", "python", "json", "mermaid"}

    assert {block.language for path in DOCUMENTS for block in blocks(path)} <= known


def default(name: str) -> str:
    """As the documents write it."""
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | dict):
        return json.dumps(value)
    return "" if value is None else str(value)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_its_line_with_its_default(name: str) -> None:
    variable = f"SWITCHBOARD_{name.upper()}"
    shown = f"`{default(name)}`" if default(name) else "not set"

    assert f"| `{variable}` | {shown} |" in (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert f"\n#{variable}={default(name)}\n" in (ROOT / ".env.example").read_text(encoding="utf-8")


def test_no_line_is_left_of_a_setting_that_is_gone() -> None:
    variables = {f"SWITCHBOARD_{name.upper()}" for name in Settings.model_fields}
    for path in (ROOT / "docs/settings.md", ROOT / ".env.example"):
        assert set(re.findall(r"(?:\| `|^#)(SWITCHBOARD_\w+)", path.read_text(), re.MULTILINE)) == variables


def commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    for child_name, child in getattr(group, "commands", {}).items():
        yield f"{name} {child_name}", child
        yield from commands(child, f"{name} {child_name}")


COMMANDS = dict(commands(typer.main.get_command(app), "switchboard"))  # type: ignore[arg-type]  # Typer's own click


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_its_line(name: str) -> None:
    written = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}

    assert name in written
    assert all(option in written for option in options - {"--help"}), options


def test_every_document_is_linked_from_the_readme_and_every_link_leads_somewhere() -> None:
    linked = {link for path in DOCUMENTS for link in re.findall(r"\]\((?!http)([^)#]+)", path.read_text())}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert all(f"docs/{path.name}" in readme for path in DOCUMENTS[1:])
    assert all((ROOT / link).exists() or (ROOT / "docs" / link).exists() for link in linked), linked
