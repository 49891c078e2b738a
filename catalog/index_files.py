"""The index's folder: its shelves, and which state of the catalog they hold. Damaged, it is begun anew."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from catalog.errors import StoreUnavailable
from catalog.index_ranking import Shelves
from catalog.index_shelf import Shelf

FORMAT = 12
"""Changes with the tokenizer and with what goes into the documents: an index of another format is built anew."""

Stamp = tuple[int, int] | None
"""Changes with every commit; None: nothing is committed."""

SHELVES = ("api", "tool", "category", "example")


class IndexFiles:
    """The shelves in one folder. `state.json` is written last: what it names is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = folder / "state.json"
        self.shelves = self._opened()

    def stamp(self) -> Stamp:
        try:
            status = self._state.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def read(self) -> tuple[str, Shelves]:
        """The version of the catalog that the shelves hold, and views of them. An empty version: none whole."""
        try:
            views = {name: shelf.view() for name, shelf in self.shelves.items()}
        except ValueError:
            self.renew()
            views = {name: shelf.view() for name, shelf in self.shelves.items()}
        return self.version(), Shelves(views["api"], views["tool"], views["category"], views["example"])

    def renew(self) -> None:
        """Begin anew, empty. Raises StoreUnavailable."""
        self.shelves = self._renewed()

    def version(self) -> str:
        """That of the catalog as it stands on the shelves. Empty: what stands there is not known to be whole."""
        state = _json(self._state)
        return str(state.get("version", "")) if state.get("format") == FORMAT else ""

    def write(self, version: str) -> None:
        """Note what the shelves hold, once it is committed."""
        # Renamed into place, so that a reader in another process never sees half a file.
        draft = self._state.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps({"format": FORMAT, "version": version}), encoding="utf-8")
        draft.replace(self._state)

    def _opened(self) -> dict[str, Shelf]:
        try:
            shelves = {name: Shelf(self.folder / name) for name in SHELVES}
            for shelf in shelves.values():
                shelf.view()
        except ValueError:
            return self._renewed()
        except OSError as error:
            raise self._unavailable(error) from error
        return shelves

    def _renewed(self) -> dict[str, Shelf]:
        try:
            self._state.unlink(missing_ok=True)
            for name in SHELVES:
                shutil.rmtree(self.folder / name, ignore_errors=True)
            return {name: Shelf(self.folder / name) for name in SHELVES}
        except (OSError, ValueError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        reason = f"the index cannot be written there ({error}); check its permissions, or choose another data folder"
        return StoreUnavailable(str(self.folder), reason)


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
