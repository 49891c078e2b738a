"""The project as it is handed on: nothing of this machine in it, whole when it is built, and whole without the demo."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SECTIONS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = SECTIONS["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
WANTED = ["--cached", "--others", "--exclude-standard"]
LAYERS = ["evals | demo", "api", "graph", "nodes", "reasoners | callers", "catalog"]
FOREIGN = {
    "a folder of one machine": rf"(?<![\w.])/(?:{'|'.join(['work', 'root', 'Users', 'home/[a-z]+'])})/\w",
    "a host of packages": "|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + "js", "conda" + r"\.anaconda"]),
}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files that are, or may come, under version control, as they stand in the working folder."""
    listed = subprocess.run(["git", "ls-files", "-z", *WANTED], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture
def copy(tracked: list[Path], tmp_path: Path) -> Path:
    """The tracked files in another place."""
    for path in tracked:
        there = tmp_path / "copy" / path.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, there)
    return tmp_path / "copy"


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_names_what_only_one_machine_has(what: str, tracked: list[Path]) -> None:
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in tracked}
    found = [
        f"{path.relative_to(ROOT)}: {m[0]}" for path, text in texts.items() for m in re.finditer(FOREIGN[what], text)
    ]

    assert found == []


def test_there_is_no_lock_file(tracked: list[Path]) -> None:
    assert not [path.name for path in tracked if path.suffix == ".lock" or path.name.startswith("requirements")]


def test_every_list_of_packages_names_every_package() -> None:
    folders = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))

    assert folders == sorted(PACKAGES)
    assert folders == sorted(SECTIONS["tool"]["mypy"]["packages"])
    assert folders == sorted(SECTIONS["tool"]["importlinter"]["root_packages"])


def test_imports_are_held_to_one_direction() -> None:
    (contract,) = SECTIONS["tool"]["importlinter"]["contracts"]

    assert contract["type"] == "layers"
    assert contract["layers"] == LAYERS
    assert "ignore_imports" not in contract


def test_a_wheel_holds_every_file_of_every_package(copy: Path, tracked: list[Path]) -> None:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "built"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (wheel,) = (copy / "built").glob("*.whl")

    held = set(zipfile.ZipFile(wheel).namelist())

    expected = {str(p.relative_to(ROOT).as_posix()) for p in tracked if p.relative_to(ROOT).parts[0] in PACKAGES}
    assert expected <= held
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == set(PACKAGES)
    assert any(name.endswith("licenses/LICENSE") for name in held)


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Code that finds our packages in `folder` only, though they are installed from elsewhere too."""
    # -S passes over what an editable install adds to the path.
    paths = [str(folder), *{sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}]
    found = f"import sys; sys.path[:0] = {paths!r}; {code}"
    return subprocess.run([sys.executable, "-S", "-c", found], cwd=folder, capture_output=True, text=True, timeout=60)


def test_without_the_demo_everything_else_works(copy: Path) -> None:
    shutil.rmtree(copy / "demo")

    imported = python(
        copy, "import api.cli.app, api.app, api.studio, graph.services, graph.studio; print(api.__file__)"
    )
    helped = python(copy, "from api.cli import run; sys.exit(run(['--help']))")

    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.startswith(str(copy))
    assert helped.returncode == 0, helped.stderr
    assert "ask" in helped.stdout


@pytest.mark.parametrize("arguments", [["demo"], ["serve", "--demo", "--port", "0"]])
def test_without_the_demo_its_commands_say_so(copy: Path, arguments: list[str]) -> None:
    shutil.rmtree(copy / "demo")

    ran = python(copy, f"from api.cli import run; sys.exit(run({arguments!r}))")

    assert ran.returncode == 1
    assert "not installed" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_make_says_plainly_that_there_is_no_python(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "rm", "mkdir", "touch"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))

    ran = subprocess.run(
        [str(shutil.which("make")), "demo"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 2
    assert "needs Python 3.11 or later, and found none" in ran.stderr
