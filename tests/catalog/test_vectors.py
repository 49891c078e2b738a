"""Search by meaning, with a model on loopback that knows what a few words mean, and that fails as models do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.errors import EmbeddingFailed
from catalog.index import TantivyIndex
from catalog.models import Api, Tool
from catalog.sqlite import SqliteCatalog
from catalog.store import CatalogIndex, CatalogStore, Document
from catalog.vectors.endpoint import EndpointEmbedder
from catalog.vectors.files import VectorFiles
from catalog.vectors.index import NOT_READY, FusedIndex

MEANINGS = ({"lorry", "truck", "vehicle", "car"}, {"rain", "weather", "drizzle"}, {"meal", "recipe", "supper"})
CARS, SKY, COOK = "Motors/Garage/find_car", "World/Sky/weather_now", "Home/Kitchen/find_recipe"


@dataclass
class Model:
    """A server of embeddings, and what it was asked."""

    url: str = ""
    texts: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What the next requests meet; `*` at the end: all further ones too."""
    hold: threading.Event = field(default_factory=threading.Event)

    def fault(self) -> str:
        if not self.faults:
            return ""
        return self.faults[0] if self.faults[-1] == "*" else self.faults.pop(0)


def meaning(text: str) -> list[float]:
    words = [word.strip(".,?_").lower() for word in text.replace("_", " ").split()]
    return [0.1 + sum(word in known for word in words) for known in MEANINGS]


def answer(fault: str, texts: list[str]) -> tuple[int, bytes]:
    vectors: Any = [meaning(text) for text in texts]
    if fault == "nan":
        vectors = [[float("nan"), 1.0, 1.0] for _ in texts]
    elif fault == "short":
        vectors = [vector[:2] for vector in vectors]
    elif fault == "fewer":
        vectors = vectors[1:]
    elif fault == "words":
        vectors = ["near" for _ in texts]
    rows = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    body = json.dumps({"data": rows[::-1]}).encode()  # the order of a list is no promise: `index` is
    if fault == "garbage":
        body = b"<html>"
    return (int(fault) if fault.isdigit() else 200), body


@pytest.fixture
def model() -> Iterator[Model]:
    state = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.texts += asked["input"]
            state.keys.append(self.headers["authorization"])
            fault = state.fault()
            if fault == "hang":
                state.hold.wait(10)
            status, body = answer(fault, asked["input"])
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def store(tmp_path: Path, api: Callable[..., Api], tool: Callable[..., Tool]) -> AsyncIterator[CatalogStore]:
    opened = SqliteCatalog.open(tmp_path / "catalog.db")
    tools = [
        tool("Motors/Garage", api(CARS, "Any vehicle that is for sale")),
        tool("World/Sky", api(SKY, "The weather at a place")),
        tool("Home/Kitchen", api(COOK, "A recipe for what is in the fridge")),
    ]
    await opened.replace("test", Document(tools), format="test")
    yield opened
    await opened.close()


Fuse = Callable[..., FusedIndex]


@pytest.fixture
async def fuse(tmp_path: Path, store: CatalogStore, model: Model) -> AsyncIterator[Fuse]:
    opened: list[FusedIndex] = []

    def fused(*, seconds: float = 5.0, background: bool = False, name: str = "small") -> FusedIndex:
        words = TantivyIndex.open(tmp_path / "index", store)
        embedder = EndpointEmbedder(base_url=model.url, model=name, api_key="sk-vectors", pauses=())
        files = VectorFiles(tmp_path / "index" / "vectors")
        made = FusedIndex(words, store, files, embedder, weight=0.5, seconds=seconds, background=background)
        opened.append(made)
        return made

    yield fused
    for index in opened:
        await index.close()


async def built(index: FusedIndex) -> FusedIndex:
    await index.sync()
    await index.build(lambda done, total: None)
    return index


async def ids(index: CatalogIndex, query: str, **options: Any) -> list[str]:
    return [hit.id for hit in (await index.search(query, **options)).hits]


async def test_what_is_meant_is_found_though_no_word_is_shared(fuse: Fuse) -> None:
    index = await built(fuse())
    found = await index.search("Where do I get a lorry?")
    assert (found.hits[0].id, found.hits[0].score, found.without) == (CARS, 1.0, "")
    assert (await ids(index, "drizzle"))[0] == SKY
    assert (await ids(index, "supper", level="tool"))[0] == "Home/Kitchen"
    assert (await ids(index, "supper", level="category"))[0] == "Home"


async def test_a_whole_name_stays_first_and_restrictions_hold(fuse: Fuse) -> None:
    index = await built(fuse())
    assert (await ids(index, "find_recipe car car car"))[0] in (COOK, CARS)
    assert (await ids(index, "weather_now"))[0] == SKY
    assert await ids(index, "lorry", categories=["World"]) == [SKY]
    assert await ids(index, "lorry", tools=["Home/Kitchen"]) == [COOK]
    assert await ids(index, "lorry", categories=["None"]) == []


async def test_before_the_vectors_are_made_words_find_and_the_answer_says_so(fuse: Fuse, model: Model) -> None:
    index = fuse()
    await index.sync()
    found = await index.search("weather")
    assert ([hit.id for hit in found.hits], found.without) == ([SKY], NOT_READY)
    assert model.texts == []


async def test_only_what_changed_is_made_anew(
    fuse: Fuse, model: Model, store: CatalogStore, api: Callable[..., Api]
) -> None:
    await built(fuse())
    assert len(model.texts) == 3
    await store.put(api(SKY, "Rain at a place"))
    index = fuse()
    await index.sync()
    assert await index.build(lambda done, total: None) == 1
    assert (len(model.texts), "Rain at a place" in model.texts[-1]) == (4, True)
    assert await index.build(lambda done, total: None) == 0


async def test_another_model_makes_all_of_them(fuse: Fuse, model: Model) -> None:
    await built(fuse())
    other = fuse(name="large")
    assert (await other.search("lorry")).without == NOT_READY
    assert await other.build(lambda done, total: None) == 3


async def test_a_hidden_or_removed_api_is_never_near(fuse: Fuse, store: CatalogStore) -> None:
    index = await built(fuse())
    cars = (await store.get([CARS]))[CARS]
    await store.put(cars.model_copy(update={"hidden": True}))
    assert CARS not in await ids(index, "lorry")
    await store.delete(CARS)
    await index.sync()
    assert CARS not in await ids(index, "lorry")
    assert "Motors/Garage" not in await ids(index, "lorry", level="tool")
    assert "Motors" not in await ids(index, "lorry", level="category")


@pytest.mark.parametrize("fault", ["500", "401", "nan", "short", "fewer", "words", "garbage"])
async def test_whatever_the_model_answers_words_go_on_and_the_answer_says_why(
    fuse: Fuse, model: Model, fault: str
) -> None:
    index = await built(fuse())
    model.faults = [fault]
    found = await index.search("weather for a lorry")
    assert ([hit.id for hit in found.hits], "cannot be used" in found.without) == ([SKY], True)
    assert "sk-vectors" not in found.without


async def test_a_model_that_hangs_holds_up_one_question_only(fuse: Fuse, model: Model) -> None:
    index = await built(fuse(seconds=0.05))
    model.faults = ["hang", "*"]
    first = await index.search("weather")
    second = await index.search("weather of tomorrow")
    assert ("no answer within" in first.without, "failed just now" in second.without) == (True, True)
    assert model.texts[3:] == ["weather"]


@pytest.mark.parametrize("fault", ["500", "401", "nan", "fewer", "garbage"])
async def test_a_build_that_fails_says_why_and_leaves_what_there_was(fuse: Fuse, model: Model, fault: str) -> None:
    index = fuse()
    await index.sync()
    model.faults = [fault]
    with pytest.raises(EmbeddingFailed, match=r"127\.0\.0\.1"):
        await index.build(lambda done, total: None)
    assert (await index.search("weather")).without == NOT_READY
    assert await index.build(lambda done, total: None) == 3


async def test_vectors_of_another_length_are_refused_until_all_are_made_anew(
    fuse: Fuse, model: Model, store: CatalogStore, api: Callable[..., Api]
) -> None:
    index = await built(fuse())
    await store.put(api(SKY, "Rain at a place"))
    model.faults = ["short", "*"]
    with pytest.raises(EmbeddingFailed, match="catalog embed --anew"):
        await index.build(lambda done, total: None)
    assert await index.build(lambda done, total: None, anew=True) == 3


async def test_the_service_makes_them_in_the_background(fuse: Fuse, model: Model) -> None:
    index = fuse(background=True)
    await index.sync()
    async with asyncio.timeout(10):
        while (await index.search("lorry")).without:
            await asyncio.sleep(0.01)
    assert (await ids(index, "lorry"))[0] == CARS
    await index.sync()
    assert len([text for text in model.texts if "vehicle" in text]) == 1


async def test_a_build_that_is_cut_off_ends_with_the_service(fuse: Fuse, model: Model) -> None:
    model.faults = ["hang", "*"]
    index = fuse(background=True)
    await index.sync()
    async with asyncio.timeout(5):
        await index.close()


async def test_a_question_asked_twice_is_sent_once_and_with_the_key(fuse: Fuse, model: Model) -> None:
    index = await built(fuse())
    for _ in range(3):
        await index.search("lorry")
    assert model.texts.count("lorry") == 1
    assert set(model.keys) == {"Bearer sk-vectors"}


@pytest.mark.parametrize("query", ["", "  ", "\ud800 lorry", "x" * 9000])
async def test_any_text_can_be_asked(fuse: Fuse, query: str) -> None:
    index = await built(fuse())
    assert (await index.search(query)).without == ""


async def test_a_damaged_file_is_told_and_made_again(fuse: Fuse, tmp_path: Path) -> None:
    await built(fuse())
    (tmp_path / "index" / "vectors" / "matrix.json").write_text("{")
    index = fuse()
    assert (await index.search("weather")).without == NOT_READY
    assert (await ids(await built(index), "lorry"))[0] == CARS


def test_the_nearest_are_the_nearest_however_many_rows_there_are(tmp_path: Path) -> None:
    from catalog.vectors.files import COMPARED_AT_ONCE, Place

    files, count = VectorFiles(tmp_path), COMPARED_AT_ONCE + 100
    angles = np.linspace(0, 1, count, dtype=np.float32)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    keys = [f"{number:05}" for number in range(count)]
    files.add("m", keys, vectors)
    files.publish("v", "m", [Place(key, "t", f"c{int(key) % 2}", key) for key in keys])
    matrix = files.matrix("m")
    assert matrix is not None
    wanted = np.array([np.cos(1), np.sin(1)], np.float32)
    near = list(matrix.nearest(wanted, 50, {}))
    assert min(near) >= count - 300  # half precision tells no closer
    odd = matrix.nearest(wanted, 10, {"category": ["c1"]})
    assert all(row % 2 for row in odd) and len(odd) == 10
    assert list(odd.values()) == sorted(odd.values(), reverse=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model2vec model of a few words, made here."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    known = sorted(set().union(*MEANINGS))
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, **{word: n for n, word in enumerate(known, 1)}}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    rows = np.array([[0.0, 0.0, 0.0], *(meaning(word) for word in known)], np.float32)
    StaticModel(rows, tokenizer).save_pretrained(str(tmp_path / "model"))
    return tmp_path / "model"


async def test_a_model_in_a_folder_serves_as_well(tmp_path: Path, store: CatalogStore, folder: Path) -> None:
    from catalog.vectors.local import LocalEmbedder

    words, files = TantivyIndex.open(tmp_path / "index", store), VectorFiles(tmp_path / "vectors")
    embedder = LocalEmbedder.open(folder)
    index = await built(FusedIndex(words, store, files, embedder, weight=0.5, seconds=5.0, background=False))
    assert (await ids(index, "lorry"))[0] == CARS
    assert (await ids(index, "drizzle"))[0] == SKY
    await index.close()


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, content: str | None) -> None:
    from catalog.vectors.local import LocalEmbedder

    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(EmbeddingFailed, match="model2vec"):
        LocalEmbedder.open(tmp_path)
