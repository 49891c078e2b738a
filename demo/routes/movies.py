"""Films and where they are shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from demo.matching import best
from demo.places import dice, find
from demo.routes.media import StoredMovie, media
from demo.shelf import NOW, Row, missing

router = APIRouter(prefix="/movies", tags=["Movies"])
MOVIE_ID = r"^M[0-9]{3}$"
Genre = Literal["drama", "comedy", "thriller", "animation", "documentary"]


class Movie(Row):
    movie_id: str
    title: str
    year: int
    genre: str
    minutes: int
    rating: float


class Movies(Row):
    count: int
    movies: list[Movie]


class MovieDetails(Movie):
    director: str
    cast: list[str]
    plot: str


class Show(Row):
    movie_id: str
    title: str
    cinema: str
    time: str


class Shows(Row):
    city: str
    date: date
    shows: list[Show]


def listed(movie: StoredMovie) -> Movie:
    return Movie(**{field: getattr(movie, field) for field in Movie.model_fields})


@router.get("")
async def search_movies(
    title: Annotated[str | None, Query()] = None,
    genre: Annotated[Genre | None, Query()] = None,
    year: Annotated[int | None, Query(ge=1950, le=2030)] = None,
) -> Movies:
    by_rating = sorted(media().movies, key=lambda movie: -movie.rating)
    named = best(title, by_rating, lambda movie: movie.title) if title else by_rating
    fitting = [listed(movie) for movie in named if genre in (None, movie.genre) and year in (None, movie.year)]
    return Movies(count=len(fitting), movies=fitting)


@router.get("/showtimes")
async def find_showtimes(
    city: Annotated[str, Query(min_length=1)],
    date: Annotated[date | None, Query()] = None,
    movie_id: Annotated[str | None, Query(pattern=MOVIE_ID)] = None,
) -> Shows:
    name, _ = find(city)
    day = date or NOW.date()
    shows = [
        Show(movie_id=movie.movie_id, title=movie.title, cinema=cinema, time=time)
        for cinema in media().cinemas.get(name, [])
        for movie in media().movies
        for time in (f"{15 + dice(cinema, movie.movie_id, day, sides=7)}:30",)
        if movie_id in (None, movie.movie_id)
    ]
    return Shows(city=name, date=day, shows=sorted(shows, key=lambda show: show.time))


@router.get("/{movie_id}")
async def get_movie(movie_id: Annotated[str, Path(pattern=MOVIE_ID)]) -> MovieDetails:
    same = (movie for movie in media().movies if movie.movie_id == movie_id)
    movie = next(same, None) or missing(f"No such movie: {movie_id}")
    return MovieDetails(**movie._asdict())
