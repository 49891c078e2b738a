"""A data folder that may not be written: a start on it is refused in words, nothing is changed, and it heals."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from catalog.errors import StoreUnavailable
from evals.faults.program import Finding
from evals.speed_service import environment_of
from graph.services import open_services
from graph.settings import Settings

START_SECONDS = 60.0
RIGHTS = "-dac_override,-dac_read_search,-fowner"


def without_rights() -> Sequence[str] | None:
    """What stands before a command, so that modes of files hold for it; None: nothing helps, as we are root."""
    if os.geteuid() != 0:
        return ()
    tool = shutil.which("setpriv")
    return None if tool is None else (tool, f"--bounding-set={RIGHTS}")


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder and all in it."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    try:
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        yield
    finally:
        for path, mode in modes.items():
            with suppress(FileNotFoundError):  # files that come and go by themselves
                path.chmod(mode)


async def refused_read_only(folder: Path) -> list[Finding]:
    """Starts on an empty folder, and on one that a service has used before."""
    prefix = without_rights()
    if prefix is None:
        return [Finding("SQLite: read-only", True, "not tried: root may write everywhere, and there is no setpriv")]
    await _used(folder / "used")
    await asyncio.to_thread((folder / "empty").mkdir)
    kinds = ("used", "empty")
    wrongs = await asyncio.gather(*(_refused(folder / kind, prefix) for kind in kinds))
    findings = [
        Finding(f"SQLite: read-only, {kind}", not wrong, wrong) for kind, wrong in zip(kinds, wrongs, strict=True)
    ]
    return [*findings, Finding("SQLite: no longer read-only", not (wrong := await _used(folder / "used")), wrong)]


async def _used(folder: Path) -> str:
    """Starts a service there, and ends it; why it did not."""
    try:
        async with open_services(Settings(_env_file=None, data_dir=folder)):  # type: ignore[call-arg]  # pydantic's own
            return ""
    except StoreUnavailable as error:
        return str(error)


async def _refused(folder: Path, prefix: Sequence[str]) -> str:
    """What is wrong with how a start ends; empty where it is refused in words, and everything is as it was."""
    before = await asyncio.to_thread(_content, folder)
    with read_only(folder):
        command = (*prefix, sys.executable, "-m", "api.cli", "serve", "--port", "0")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stderr=pipe, env=environment_of(folder))
        try:
            async with asyncio.timeout(START_SECONDS):
                said = (await process.communicate())[1].decode()
        except TimeoutError:
            process.kill()
            await process.wait()
            return "the service started on it"
    if process.returncode != 1 or str(folder) not in said or "Traceback" in said:
        return f"exit code {process.returncode}: {said[-400:]}"
    return "" if await asyncio.to_thread(_content, folder) == before else "files were changed"


def _content(folder: Path) -> dict[str, bytes]:
    """Without what SQLite only needs while it runs."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".db-shm")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
