"""Child processes that end with us: each watches a pipe whose other end we hold, so that even SIGKILL leaves none."""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
STOP_SECONDS = 10.0


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """`python COMMAND` as a child that is gone when the block ends. It must watch stdin; `log` takes its output."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**importable(os.environ if env is None else env)},
        cwd=cwd,
        # Ctrl-C in the terminal reaches us alone, and we stop the child in good order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)


def importable(env: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the project's packages are found, installed or not."""
    paths = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    return {**env, "PYTHONPATH": os.pathsep.join(paths)}


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def exit_with_parent() -> None:
    """End this process in good order when stdin closes: the parent is gone, however it went."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def main() -> None:
    """`python -m demo.child MODULE ARGUMENTS`: run a module as `python -m` does, and end with the parent."""
    exit_with_parent()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
