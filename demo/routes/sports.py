"""Leagues: results, tables and coming matches, all computed from one season so that they agree."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from demo.places import dice
from demo.routes.media import media
from demo.shelf import NOW, Row, missing

router = APIRouter(prefix="/sports", tags=["Sports"])
League = Annotated[Literal["premier", "bundesliga", "nba"], Query()]
Team = Annotated[str | None, Query()]
PLAYED = 8
"""Of the twelve matches of a season, those before today."""


class Match(Row):
    date: date
    home: str
    away: str
    home_score: int
    away_score: int


class Scores(Row):
    league: str
    count: int
    matches: list[Match]


class Standing(Row):
    position: int
    team: str
    played: int
    won: int
    lost: int
    points: int


class Table(Row):
    league: str
    teams: list[Standing]


class Fixture(Row):
    date: date
    time: str
    home: str
    away: str
    venue: str


class Fixtures(Row):
    league: str
    count: int
    matches: list[Fixture]


def season(league: str) -> list[tuple[date, str, str]]:
    """Every pair at home and away, one match each third day, today in between."""
    pairs = sorted(permutations(media().leagues[league].teams, 2), key=lambda pair: dice(*pair, sides=1000))
    first = NOW.date() - timedelta(days=3 * PLAYED - 1)
    return [(first + timedelta(days=3 * number), home, away) for number, (home, away) in enumerate(pairs)]


def score(league: str, team: str, day: date, *, at_home: bool) -> int:
    if league == "nba":
        return 88 + dice(team, day, sides=35) + (2 if at_home else 0)
    return dice(team, day, sides=4)


def results(league: str) -> list[Match]:
    return [
        Match(
            date=day, home=home, away=away, home_score=score(league, home, day, at_home=True),
            away_score=score(league, away, day, at_home=False),
        )
        for day, home, away in season(league)[:PLAYED]
    ]  # fmt: skip


def known(league: str, team: str | None) -> str | None:
    """The team as we spell it."""
    if team is None:
        return None
    same = (name for name in media().leagues[league].teams if team.casefold() in name.casefold())
    return next(same, None) or missing(f"No such team in {league}: {team}")


@router.get("/scores")
async def latest_scores(league: League, team: Team = None) -> Scores:
    only = known(league, team)
    rows = [match for match in reversed(results(league)) if only in (None, match.home, match.away)][:4]
    return Scores(league=league, count=len(rows), matches=rows)


def standing(team: str, matches: list[Match]) -> Standing:
    own = [(m.home_score, m.away_score) if m.home == team else (m.away_score, m.home_score) for m in matches]
    won, lost = sum(ours > theirs for ours, theirs in own), sum(ours < theirs for ours, theirs in own)
    return Standing(position=0, team=team, played=len(own), won=won, lost=lost, points=3 * won + len(own) - won - lost)


@router.get("/table")
async def league_table(league: League) -> Table:
    played = results(league)
    teams = [standing(t, [m for m in played if t in (m.home, m.away)]) for t in media().leagues[league].teams]
    ranked = sorted(teams, key=lambda row: (-row.points, row.team))
    return Table(
        league=league, teams=[row.model_copy(update={"position": place}) for place, row in enumerate(ranked, 1)]
    )


@router.get("/fixtures")
async def coming_matches(league: League, team: Team = None) -> Fixtures:
    only, venues = known(league, team), media().leagues[league].venue
    rows = [
        Fixture(date=day, time="20:00", home=home, away=away, venue=venues[home])
        for day, home, away in season(league)[PLAYED:]
        if only in (None, home, away)
    ]
    return Fixtures(league=league, count=len(rows), matches=rows)
