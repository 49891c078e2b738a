"""Books and the personal reading list."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from demo.matching import best
from demo.shelf import Body, Row, conflict, missing, read, stock

router = APIRouter(tags=["Books"])
ISBN = r"^97[89][0-9]{10}$"
Isbn = Annotated[str, Path(pattern=ISBN)]
Audience = Literal["children", "teens", "adults"]


class StoredBook(NamedTuple):
    isbn: str
    title: str
    author: str
    year: int
    genre: str
    topics: list[str]
    audiences: list[Audience]
    pages: int
    summary: str


class Book(Row):
    isbn: str
    title: str
    author: str
    year: int
    genre: str
    topics: list[str]


class Books(Row):
    topic: str
    count: int
    books: list[Book]


class Recommendation(Book):
    audience: str
    reason: str


class BookDetails(Book):
    pages: int
    summary: str


class Remembered(Row):
    isbn: str
    title: str
    author: str


class ReadingList(Row):
    count: int
    books: list[Remembered]


class ToRemember(Body):
    isbn: str = Field(pattern=ISBN)


class Wishes(Row):
    isbns: list[str]


def opened() -> Wishes:
    return Wishes(isbns=["9780000000149"])


TheWishes = Annotated[Wishes, Depends(stock(opened))]


@cache
def library() -> list[StoredBook]:
    return read(list[StoredBook], "books")


def found(isbn: str) -> StoredBook:
    return next((book for book in library() if book.isbn == isbn), None) or missing(f"No book has the ISBN {isbn}")


def shown(book: StoredBook) -> Book:
    return Book(**{field: getattr(book, field) for field in Book.model_fields})


def text(book: StoredBook) -> str:
    return f"{book.title} {book.author} {book.genre} {' '.join(book.topics)} {book.summary}"


def listed(wishes: Wishes) -> ReadingList:
    books = [found(isbn) for isbn in wishes.isbns]
    rows = [Remembered(isbn=book.isbn, title=book.title, author=book.author) for book in books]
    return ReadingList(count=len(rows), books=rows)


@router.get("/books")
async def search_books(
    topic: Annotated[str, Query(min_length=1)],
    published_after: Annotated[int | None, Query(ge=1800, le=2030)] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Books:
    fitting = [
        shown(book) for book in best(topic, library(), text) if published_after is None or book.year > published_after
    ]
    return Books(topic=topic, count=len(fitting[:limit]), books=fitting[:limit])


@router.get("/books/recommendation")
async def recommend_book(
    topic: Annotated[str | None, Query()] = None, audience: Annotated[Audience | None, Query()] = None
) -> Recommendation:
    readable = [book for book in library() if audience is None or audience in book.audiences]
    fitting = best(topic, readable, text) if topic else readable
    if not fitting:
        missing(f"No book about {topic} is known")
    book = fitting[0]
    return Recommendation(audience=audience or book.audiences[-1], reason=book.summary, **shown(book).model_dump())


@router.get("/books/{isbn}")
async def get_book(isbn: Isbn) -> BookDetails:
    book = found(isbn)
    return BookDetails(pages=book.pages, summary=book.summary, **shown(book).model_dump())


@router.get("/reading-list")
async def show_reading_list(wishes: TheWishes) -> ReadingList:
    return listed(wishes)


@router.post("/reading-list", status_code=201)
async def add_to_reading_list(new: ToRemember, wishes: TheWishes) -> ReadingList:
    book = found(new.isbn)
    if new.isbn in wishes.isbns:
        conflict(f"{book.title} is on the reading list already.")
    wishes.isbns.append(new.isbn)
    return listed(wishes)


@router.delete("/reading-list/{isbn}")
async def remove_from_reading_list(isbn: Isbn, wishes: TheWishes) -> ReadingList:
    if isbn not in wishes.isbns:
        missing(f"The reading list has no book with the ISBN {isbn}")
    wishes.isbns.remove(isbn)
    return listed(wishes)
