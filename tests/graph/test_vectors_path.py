"""A model of vectors that cannot be had costs no answer, and the answer says that it was done without."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.errors import SettingsError
from graph.requests import QueryRequest
from graph.settings import Settings
from graph.vectors import fused

NOBODY = "http://127.0.0.1:9/v1"


async def test_without_its_vectors_a_question_is_answered_by_words(start: Any) -> None:
    async with start(embeddings_model="m", embeddings_base_url=NOBODY) as services:
        body = await services.runs.ask(QueryRequest(query="Where is order 55555?"), tenant="default")
    assert body["status"] == "completed"
    assert body["warnings"] == ["The search went by words alone: the catalog's vectors are not made yet"]


def test_a_folder_without_a_model_is_refused_with_the_setting(tmp_path: Any) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, embeddings_folder=tmp_path)  # type: ignore[call-arg]
    with pytest.raises(SettingsError, match="SWITCHBOARD_EMBEDDINGS_FOLDER"):
        fused(None, None, settings, background=False)  # type: ignore[arg-type]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="http"):
        Settings(_env_file=None, embeddings_base_url="localhost:11434")  # type: ignore[call-arg]
