"""Which secrets `switchboard doctor` misses: by name, with how many APIs wait for each, and never with a value."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

from api.cli.finding import Finding
from callers import secrets
from callers.credential_setting import CredentialSetting
from callers.protocol import EVERYBODY, Missing, Who
from catalog.errors import MissingCredential, UnusableCredential
from catalog.models import Api
from graph.parts import Parts
from graph.settings import Settings


async def missing_credentials(parts: Parts) -> list[Finding]:
    """What the catalog's APIs need and cannot have, for everybody that the settings name, and what cannot be read."""
    apis = await asyncio.to_thread(_needy, parts)
    found = [finding for who in _everybody(parts.settings) for finding in await _missing(parts, apis, who)]
    found += await _unusable(parts.settings)
    return found or [Finding("good", "No credential is missing")]


def _needy(parts: Parts) -> list[Api]:
    tools = parts.catalog.read_tools(list(parts.catalog.fingerprints()))
    return [api for tool in tools for api in tool.apis if api.auth or api.supplied or api.kind == "mcp"]


async def _missing(parts: Parts, apis: list[Api], who: Who) -> list[Finding]:
    caller = parts.caller.acting_for(who)
    wanted: Counter[Missing] = Counter()
    for api in apis:
        if missing := await caller.missing_credential(api):
            wanted[Missing(missing.name, missing.reason)] += 1  # links differ, and are of no use here
    return [_told(missing, count, who) for missing, count in wanted.most_common()]


def _told(missing: Missing, count: int, who: Who) -> Finding:
    what, _, cure = missing.reason.partition(": ")
    whose = "" if who == EVERYBODY else f" for the tenant {who.tenant!r}"
    told = cure[:1].upper() + cure[1:] + "." if cure else "Whoever asks is given a link to sign in by."
    return Finding("note", f"The credential {missing.name!r} {what}{whose}; {count:,} APIs need it", told)


def _everybody(settings: Settings) -> Iterator[Who]:
    """The tenant that there is without keys, and those that have something of their own."""
    yield EVERYBODY
    said = [each for each in settings.credentials.values() if isinstance(each, CredentialSetting)]
    named = {tenant for each in said for tenant in each.tenants}
    named |= set(settings.values.tenants) if settings.values else set()
    yield from (Who(tenant) for tenant in sorted(named - {EVERYBODY.tenant}))


async def _unusable(settings: Settings) -> list[Finding]:
    found = []
    for name, said in settings.credentials.items():
        for reference in said.references if isinstance(said, CredentialSetting) else [said]:
            try:
                await secrets.read(name, reference)
            except UnusableCredential as error:
                found.append(Finding("bad", str(error), "Correct what SWITCHBOARD_CREDENTIALS refers to."))
            except MissingCredential:
                continue  # told above, where an API needs it
    return found
