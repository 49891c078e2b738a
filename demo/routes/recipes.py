"""Recipes: by what is at hand, and in full."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from demo.matching import stems
from demo.shelf import Row, missing, read

router = APIRouter(prefix="/recipes", tags=["Food"])


class StoredRecipe(NamedTuple):
    recipe_id: str
    name: str
    minutes: int
    vegetarian: bool
    ingredients: dict[str, str]
    """Amount for one person by ingredient."""
    steps: list[str]


class Cookbook(Row):
    model_config = ConfigDict(extra="ignore")

    recipes: list[StoredRecipe]


class Suggestion(Row):
    recipe_id: str
    name: str
    minutes: int
    vegetarian: bool
    missing: list[str]


class Suggestions(Row):
    count: int
    recipes: list[Suggestion]


class Recipe(Row):
    recipe_id: str
    name: str
    minutes: int
    servings: int
    ingredients: list[str]
    steps: list[str]


@cache
def recipes() -> list[StoredRecipe]:
    return read(Cookbook, "food").recipes


def lacking(recipe: StoredRecipe, at_hand: frozenset[str]) -> list[str]:
    return [ingredient for ingredient in recipe.ingredients if not stems(ingredient) & at_hand]


def times(amount: str, servings: int) -> str:
    """ "90 g" for two is "180 g"."""
    return re.sub(r"[0-9.]+", lambda number: f"{float(number[0]) * servings:g}", amount, count=1)


@router.get("")
async def find_recipes(
    ingredients: Annotated[list[str], Query(min_length=1)],
    vegetarian: Annotated[bool | None, Query()] = None,
    max_minutes: Annotated[int | None, Query(ge=5, le=240)] = None,
) -> Suggestions:
    at_hand = stems(" ".join(ingredients))
    fitting = [
        Suggestion(
            recipe_id=r.recipe_id, name=r.name, minutes=r.minutes, vegetarian=r.vegetarian, missing=lacking(r, at_hand)
        )
        for r in recipes()
        if len(lacking(r, at_hand)) < len(r.ingredients)
        and (r.vegetarian or not vegetarian)
        and (max_minutes is None or r.minutes <= max_minutes)
    ]
    fewest_missing_first = sorted(fitting, key=lambda suggestion: len(suggestion.missing))
    return Suggestions(count=len(fitting), recipes=fewest_missing_first)


@router.get("/{recipe_id}")
async def get_recipe(
    recipe_id: Annotated[str, Path(pattern=r"^[a-z]+(-[a-z]+)*$")],
    servings: Annotated[int, Query(ge=1, le=12)] = 2,
) -> Recipe:
    for recipe in recipes():
        if recipe.recipe_id == recipe_id:
            amounts = [f"{times(amount, servings)} {what}" for what, amount in recipe.ingredients.items()]
            return Recipe(
                recipe_id=recipe_id, name=recipe.name, minutes=recipe.minutes, servings=servings,
                ingredients=amounts, steps=recipe.steps,
            )  # fmt: skip
    return missing(f"No such recipe: {recipe_id}")
