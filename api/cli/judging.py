"""The work behind `switchboard policy`."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from api.cli.opening import Catalog, opened_catalog, read_settings
from api.cli.output import note, result, result_json
from callers.audit import NoAudit
from callers.protocol import EVERYBODY
from catalog.errors import NoSuchEntry, SettingsError
from catalog.policy import Policy
from catalog.policy_file import SETTING, policy_in
from graph.settings import Settings
from nodes.approval import Gate


async def checked(file: Path | None, *, as_json: bool) -> None:
    settings = read_settings()
    path = _file(file, settings)
    policy = policy_in(path)
    async with opened_catalog() as catalog:
        decided = await asyncio.to_thread(_decided, policy, catalog)
    rows = [
        {"rule": policy.called(rule), "decide": rule.decide, "apis": decided[place]}
        for place, rule in enumerate(policy.rules)
    ]
    if as_json:
        result_json({"file": str(path), "rules": rows, "apis_without_rule": decided[None]})
        return
    result(f"{path}: {len(rows)} rules")
    for row in rows:
        result(f"  {row['decide']:5} {row['apis']:>8,} APIs  rule {row['rule']}")
    result(
        f"  {'':5} {decided[None]:>8,} APIs  no rule; their risk decides, and SWITCHBOARD_APPROVE={settings.approve}"
    )
    for row in rows:
        if not row["apis"]:
            note(f"Rule {row['rule']} decides no API of this catalog (for the tenant {EVERYBODY.tenant!r}).")


async def explained(api_id: str, tenant: str, file: Path | None, *, as_json: bool) -> None:
    settings = read_settings()
    policy = policy_in(_file(file, settings)) if file or settings.policy_file else Policy()
    async with opened_catalog() as catalog:
        found = await catalog.store.get([api_id])
    if api_id not in found:
        raise NoSuchEntry("API", api_id)
    gate = Gate(policy, NoAudit(), settings.approval_seconds)
    verdict = gate.verdict(found[api_id], {"approve": settings.approve}, tenant)
    if as_json:
        result_json({"api_id": api_id, "tenant": tenant, "decide": verdict.decision, "because": verdict.because})
    else:
        result(f"{verdict.decision}: {verdict.because}")


def _file(named: Path | None, settings: Settings) -> Path:
    if named is None and settings.policy_file is None:
        raise SettingsError(SETTING, "is not set; name a file")
    return named or settings.policy_file.expanduser()  # type: ignore[union-attr]  # one of them is there


def _decided(policy: Policy, catalog: Catalog) -> Counter[int | None]:
    """How many APIs each rule decides, by its place; None: no rule."""
    places = {id(rule): place for place, rule in enumerate(policy.rules)}
    counted: Counter[int | None] = Counter()
    for tool in catalog.store.read_tools(list(catalog.store.fingerprints())):
        for api in tool.apis:
            rule = policy.rule_for(api, EVERYBODY.tenant)
            counted[places[id(rule)] if rule is not None else None] += 1
    return counted
