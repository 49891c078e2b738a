"""Importers turn documents of others into our entries. One file, one format; a new one is one line in `IMPORTERS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from catalog.importers.mcp import MCP
from catalog.importers.metatool import METATOOL
from catalog.importers.openapi import OPENAPI
from catalog.importers.postman import POSTMAN
from catalog.importers.python import PYTHON
from catalog.importers.rapidapi import RAPIDAPI
from catalog.importers.record import Importer
from catalog.importers.switchboard import SWITCHBOARD

IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {one.name: one for one in (SWITCHBOARD, OPENAPI, POSTMAN, PYTHON, MCP, RAPIDAPI, METATOOL)}
)
"""By name, in the order in which `auto` asks whether a document fits."""
