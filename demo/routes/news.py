"""The press: headlines and archive."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query

from demo.matching import best
from demo.routes.media import StoredArticle, media
from demo.shelf import Row

router = APIRouter(prefix="/news", tags=["News"])
Topic = Literal["politics", "economy", "technology", "science", "health", "culture"]
Language = Annotated[Literal["en", "de", "fr"], Header()]


class Headline(Row):
    article_id: str
    headline: str
    topic: str
    published_on: date
    source: str


class Headlines(Row):
    language: str
    count: int
    articles: list[Headline]


class Article(Headline):
    summary: str


class Articles(Row):
    count: int
    articles: list[Article]


def headline(article: StoredArticle) -> Headline:
    return Headline(**{field: getattr(article, field) for field in Headline.model_fields})


@router.get("/headlines")
async def top_headlines(
    topic: Annotated[Topic | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=10)] = 3,
    accept_language: Language = "en",
) -> Headlines:
    newest_first = sorted(media().articles, key=lambda article: article.published_on, reverse=True)
    rows = [headline(article) for article in newest_first if topic in (None, article.topic)][:limit]
    return Headlines(language=accept_language, count=len(rows), articles=rows)


@router.get("/articles")
async def search_news(
    keywords: Annotated[str, Query(min_length=1)],
    from_date: Annotated[date | None, Query()] = None,
    to_date: Annotated[date | None, Query()] = None,
) -> Articles:
    fitting = best(keywords, media().articles, lambda article: f"{article.headline} {article.summary}")
    rows = [
        Article(summary=article.summary, **headline(article).model_dump())
        for article in fitting
        if (from_date or date.min) <= article.published_on <= (to_date or date.max)
    ]
    return Articles(count=len(rows), articles=rows)
