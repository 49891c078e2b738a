"""Commands and worlds of other packages: found by entry point, loaded when called, missed with a plain word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from api.cli import outside
from api.cli.outside import NotInstalled
from api.cli.serving import _demo_world

BROUGHT = '''"""Says hello."""
import typer
app = typer.Typer()
@app.command()
def hello(name: str, loud: bool = False) -> None:
    typer.echo(f"Hello {name}{'!' if loud else ''}")
    raise typer.Exit(7)
'''


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path that brings the commands `greet`, `gone` and `nothing`."""
    information = tmp_path / "brought-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[switchboard.commands]\ngreet = brought_commands:app\ngone = no_such_package.command:app\n"
        "nothing = brought_commands:BROUGHT\n"
    )
    (tmp_path / "brought_commands.py").write_text(BROUGHT + "BROUGHT = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def called(*arguments: str) -> int:
    app = typer.Typer(rich_markup_mode=None)
    app.command("other")(lambda: None)
    outside.add_commands(app)
    with pytest.raises(SystemExit) as ended:
        typer.main.get_command(app).main(list(arguments), "switchboard")
    return int(ended.value.code or 0)


def test_help_shows_a_brought_command_without_loading_it(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("--help") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "Says hello." in lines["greet"]
    assert "(not installed)" in lines["gone"]
    assert "brought_commands" not in sys.modules


def test_a_brought_command_gets_its_arguments_and_keeps_its_exit_code(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("greet", "Ada", "--loud") == 7
    assert capsys.readouterr().out == "Hello Ada!\n"


def test_its_own_help_is_its_own(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("greet", "--help") == 0
    assert "--loud" in capsys.readouterr().out


def test_wrong_usage_of_it_is_wrong_usage(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("greet") == 2
    assert "switchboard greet" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gone", "nothing"])
def test_a_command_that_cannot_be_loaded_is_not_installed(packages: Path, name: str) -> None:
    app = typer.Typer()
    app.command("other")(lambda: None)
    outside.add_commands(app)
    with pytest.raises(NotInstalled, match=f"`{name}` is not installed"):
        typer.main.get_command(app).main([name], "switchboard")


def test_a_world_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(NotInstalled, match="not installed"), _demo_world():
        pass
