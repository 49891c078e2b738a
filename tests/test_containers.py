"""The Dockerfile and the compose file, as far as they can be tried without a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def command_of(instruction: str) -> list[str]:
    """The last exec form of a Dockerfile's instruction."""
    found = re.findall(rf"^{instruction}\b.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)
    command: list[str] = json.loads(found[-1])
    return command


def settings_of(port: int, data: Path) -> dict[str, str]:
    """What the image sets, with another port and folder."""
    (said,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    given = dict(pair.split("=", 1) for pair in said.split() if pair.startswith("SWITCHBOARD_"))
    return {**given, "SWITCHBOARD_PORT": str(port), "SWITCHBOARD_DATA_DIR": str(data)}


def environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SWITCHBOARD_", "OPENAI_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(command: list[str], env: dict[str, str], folder: Path, url: str) -> Iterator[None]:
    with subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            with httpx2.Client(trust_env=False) as client:
                while not answers(client, url):
                    assert process.poll() is None, f"{command} ended with {process.returncode}"
                    assert time.monotonic() < until, f"{command} gives no answer"
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()


def answers(client: httpx2.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx2.HTTPError:
        return False


def test_the_image_is_built_from_files_that_are_there_and_let_through() -> None:
    copied = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
    let_through = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert all((ROOT / name).exists() for name in copied)
    assert set(copied) == let_through == {"pyproject.toml", "README.md", "LICENSE", *wheel["packages"]}


def test_the_image_runs_without_rights_on_a_volume() -> None:
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", DOCKERFILE, re.MULTILINE)


def test_its_command_serves_and_its_health_check_notices(tmp_path: Path) -> None:
    port = free_port()
    env = environment(settings_of(port, tmp_path / "data"))
    check = [part.replace(":8000/", f":{port}/") for part in command_of("HEALTHCHECK")]
    assert check != command_of("HEALTHCHECK")

    with running(command_of("CMD"), env, tmp_path, f"http://127.0.0.1:{port}/healthz"):
        up = subprocess.run(check, env=env, capture_output=True)
    down = subprocess.run(check, env=env, capture_output=True)

    assert up.returncode == 0, up.stderr
    assert down.returncode != 0


def test_everything_is_published_on_loopback_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_service_gets_the_demos_keys() -> None:
    keys = pytest.importorskip("demo.keys", reason="the demo is not installed")

    assert json.loads(SERVICES["switchboard"]["environment"]["SWITCHBOARD_CREDENTIALS"]) == keys.CREDENTIALS


def test_the_demo_serves_and_its_catalog_is_taken_in(tmp_path: Path) -> None:
    pytest.importorskip("demo.server", reason="the demo is not installed")
    port = free_port()
    here = {"0.0.0.0": "127.0.0.1", "8321": str(port), "python": sys.executable}  # noqa: S104
    server = [here.get(part, part) for part in SERVICES["demo"]["command"]]
    taking = [
        part.replace("http://demo:8321", f"http://127.0.0.1:{port}").replace("/tmp/", f"{tmp_path}/")  # noqa: S108
        for part in SERVICES["catalog"]["command"]
    ]
    env = environment({"SWITCHBOARD_DATA_DIR": str(tmp_path / "data")})

    with running(server, env, tmp_path, f"http://127.0.0.1:{port}/healthz"):
        subprocess.run(taking, env=env, cwd=tmp_path, check=True, capture_output=True)
    shown = subprocess.run(
        ["switchboard", "catalog", "search", "--json", "cancel an order"], env=env, capture_output=True, text=True
    )

    assert json.loads(shown.stdout)["results"][0]["api_id"] == "e_commerce/shop_orders/cancel_order"
    assert (
        str(port)
        in subprocess.run(
            ["switchboard", "catalog", "show", "e_commerce/shop_orders/cancel_order"],
            env=env,
            capture_output=True,
            text=True,
        ).stdout
    )


def test_what_depends_on_a_service_names_one_that_is_there() -> None:
    wanted = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    volumes = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}

    assert wanted <= set(SERVICES)
    assert volumes == set(COMPOSE["volumes"])


def test_the_replicas_reach_the_database_that_is_there() -> None:
    database = SERVICES["postgres"]
    given = database["environment"]
    for name in ("replica", "shared-catalog"):
        url = urlsplit(SERVICES[name]["environment"]["SWITCHBOARD_DATABASE_URL"])
        assert (url.scheme, url.hostname, url.path) == ("postgresql", "postgres", f"/{given['POSTGRES_DB']}")
        assert (url.username, url.password) == (given["POSTGRES_USER"], given["POSTGRES_PASSWORD"])
        assert SERVICES[name]["profiles"] == database["profiles"] == ["postgres"]
    assert "ports" not in database
    assert "postgres" in re.findall(r"\.\[([\w,]+)\]", DOCKERFILE)[0].split(",")
    assert SERVICES["replica"]["environment"].items() >= SERVICES["switchboard"]["environment"].items()


def test_the_shared_catalog_is_taken_in_once_for_all_replicas(tmp_path: Path, database_url: str) -> None:
    pytest.importorskip("demo.server", reason="the demo is not installed")
    port = free_port()
    server = [sys.executable, "-m", "demo.server", "--port", str(port)]
    taking = [
        part.replace("http://demo:8321", f"http://127.0.0.1:{port}").replace("/tmp/", f"{tmp_path}/")  # noqa: S108
        for part in SERVICES["shared-catalog"]["command"]
    ]
    env = environment({"SWITCHBOARD_DATA_DIR": str(tmp_path / "data"), "SWITCHBOARD_DATABASE_URL": database_url})

    with running(server, env, tmp_path, f"http://127.0.0.1:{port}/healthz"):
        subprocess.run(taking, env=env, cwd=tmp_path, check=True, capture_output=True)
    shown = subprocess.run(
        ["switchboard", "catalog", "search", "--json", "cancel an order"],
        env={**env, "SWITCHBOARD_DATA_DIR": str(tmp_path / "another")},
        capture_output=True,
        text=True,
    )

    assert json.loads(shown.stdout)["results"][0]["api_id"] == "e_commerce/shop_orders/cancel_order", shown.stderr


@pytest.mark.parametrize("implementation", [["docker", "compose"], ["podman", "compose"], ["podman-compose"]])
def test_compose_accepts_the_file(implementation: list[str]) -> None:
    if (
        shutil.which(implementation[0]) is None
        or subprocess.run([*implementation, "version"], capture_output=True).returncode
    ):
        pytest.skip(f"{' '.join(implementation)} is not installed")

    ran = subprocess.run(
        [*implementation, "-f", "docker-compose.yml", "config"], cwd=ROOT, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    assert "127.0.0.1" in ran.stdout
