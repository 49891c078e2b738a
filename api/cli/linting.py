"""The work behind `switchboard catalog lint`."""

from __future__ import annotations

import asyncio

from api.cli.opening import Catalog, opened_catalog
from api.cli.output import Exit, note, result, result_json
from catalog.lint import LintReport, Readiness, lint

IMPORT = "There is nothing to look at. Import a catalog: `switchboard catalog import PATH`."


async def examined(*, min_score: int, limit: int, as_json: bool) -> Exit:
    async with opened_catalog() as catalog:
        report = await asyncio.to_thread(_lint, catalog)
    if as_json:
        result_json(report)
    else:
        _show(report, limit)
    return Exit.OK if report.lowest_score is None or report.lowest_score >= min_score else Exit.FAILED


def _lint(catalog: Catalog) -> LintReport:
    tools = catalog.store.read_tools(list(catalog.store.fingerprints()))
    return lint(tools, catalog.index.words)


def _show(report: LintReport, limit: int) -> None:
    for entry in report.entries[:limit]:
        _show_entry(entry)
    if report.mean_score is None:
        note(IMPORT)
        return
    counted = ", ".join(f"{code} {count:,}" for code, count in sorted(report.counts.items()))
    result(f"{report.apis:,} APIs, {report.mean_score:g} of 100 points on average{': ' + counted if counted else ''}")
    if (more := len(report.entries) - limit) > 0:
        note(f"{more:,} more want something: --limit shows more, --json all.")


def _show_entry(entry: Readiness) -> None:
    result(f"{entry.score:3}  {entry.api_id}")
    parameters = [finding.where for finding in entry.findings if finding.where]
    for finding in entry.findings:
        if finding.where in parameters[1:]:
            continue  # one line for all of them
        named = f" {', '.join(parameters)}:" if finding.where else ""
        result(f"       {finding.code}:{named} {finding.advice}")
