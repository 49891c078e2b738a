"""Whether a process is known to be alive or dead by its lock, also after SIGKILL."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from graph.owners import alive, owner

HOLD = """
import sys
from pathlib import Path
from graph.owners import owner
with owner(Path(sys.argv[1])) as name:
    print(name, flush=True)
    sys.stdin.read()
"""


def test_an_owner_is_alive_until_its_context_ends(tmp_path: Path) -> None:
    with owner(tmp_path) as name:
        assert alive(tmp_path, name)
    assert not alive(tmp_path, name)


def test_an_unknown_owner_is_dead(tmp_path: Path) -> None:
    assert not alive(tmp_path, "nobody")


def test_a_killed_process_is_dead_at_once(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert alive(tmp_path, name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not alive(tmp_path, name)
        assert list(tmp_path.iterdir()) == [], "what the crash left is tidied up"
