"""What films, songs, papers and leagues share: their data file."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

from demo.shelf import Row, read


class StoredMovie(NamedTuple):
    movie_id: str
    title: str
    year: int
    genre: str
    minutes: int
    rating: float
    director: str
    cast: list[str]
    plot: str


class StoredTrack(NamedTuple):
    track_id: str
    title: str
    artist: str
    album: str
    seconds: int
    mood: str
    plays: int


class StoredArticle(NamedTuple):
    article_id: str
    headline: str
    topic: str
    published_on: date
    source: str
    summary: str


class StoredLeague(Row):
    teams: list[str]
    venue: dict[str, str]


class Media(Row):
    movies: list[StoredMovie]
    cinemas: dict[str, list[str]]
    tracks: list[StoredTrack]
    articles: list[StoredArticle]
    leagues: dict[str, StoredLeague]


@cache
def media() -> Media:
    return read(Media, "media")
