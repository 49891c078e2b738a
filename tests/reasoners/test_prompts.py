"""Prompts of an operator's own in place of bundled ones, and the prefix that requests of one kind share."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args

import pytest

from catalog.errors import ModelUnavailable, SettingsError
from catalog.models import Api, Parameter
from evals.replies import Fault, Reply
from evals.scripted_model import ScriptedModel
from reasoners.chat import open_chat
from reasoners.chat.answering import answering
from reasoners.chat.asking import Asker, Task
from reasoners.chat.choosing import choosing
from reasoners.chat.filling import filling
from reasoners.chat.judging import judging
from reasoners.chat.planning import planning
from reasoners.chat.prompts import LONGEST, bundled_prompts, own_prompts
from reasoners.protocol import Candidate, More, Option, Result, Step
from reasoners.providers import DriverName

PROMPTS = bundled_prompts()
TODAY = date(2026, 6, 12)


def test_a_file_stands_in_place_of_the_bundled_prompt_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("\n  Plan it: `apis`, größte zuerst.\n", "utf-8")
    (tmp_path / ".plan.md.swp").write_bytes(b"\xff")

    own = own_prompts(tmp_path)

    assert set(own) == {"plan"}
    assert own["plan"].text == "Plan it: `apis`, größte zuerst."
    assert own["plan"].label != PROMPTS["plan"].label


def test_the_version_tells_one_text_from_another_and_the_same_text_is_the_same_version(tmp_path: Path) -> None:
    (tmp_path / "judge.md").write_text(PROMPTS["judge"].text + "\n", "utf-8")
    assert own_prompts(tmp_path)["judge"].version == PROMPTS["judge"].version

    (tmp_path / "judge.md").write_text(PROMPTS["judge"].text + " Be strict.", "utf-8")
    assert own_prompts(tmp_path)["judge"].version != PROMPTS["judge"].version


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("plann.md", b"text", "did you mean plan.md"),
        ("plan.txt", b"text", "no prompt"),
        ("README.md", b"text", "switchboard prompts list"),
        ("plan.md", b"", "is empty; delete it"),
        ("plan.md", b" \n\t\n", "is empty; delete it"),
        ("plan.md", b"\xff\xfe", "UTF-8"),
        ("plan.md", b"x" * (LONGEST + 1), f"{LONGEST:,}"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        own_prompts(tmp_path)

    assert raised.value.name == "SWITCHBOARD_PROMPTS_DIR"
    assert str(tmp_path / name) in raised.value.reason
    assert told in raised.value.reason


def test_a_folder_that_is_none_and_a_prompt_that_is_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere cannot be read as a folder"):
        own_prompts(tmp_path / "nowhere")

    (tmp_path / "plan.md").mkdir()
    with pytest.raises(SettingsError, match=r"plan\.md cannot be read"):
        own_prompts(tmp_path)


async def test_a_model_is_shown_the_operators_text_and_the_bundled_rest(tmp_path: Path) -> None:
    (tmp_path / "choose_tools.md").write_text("Our own words. Name `tools`.", "utf-8")
    answer: Reply = {"tools": [], "categories": [], "reason": "r"}
    async with ScriptedModel(answer) as model:
        chat = open_chat(model="m", base_url=model.url, prompts=own_prompts(tmp_path))
        await chat.choose("?", [Option("a", "a")], level="tool", limit=1)
        await chat.choose("?", [Option("a", "a")], level="category", limit=1)
        await chat.close()

    assert model.requests[0].text.startswith("Our own words. Name `tools`.\n\n")
    assert model.requests[1].text.startswith(PROMPTS["choose_categories"].text)


# the prefix


def api(name: str, *parameters: Parameter) -> Api:
    said = f"What {name} does."
    return Api(
        id=f"{name}/t/{name}", name=name, description=said, category=name, tool_id=name, tool_name="t", parameters=parameters
    )  # fmt: skip


def options(names: Sequence[str]) -> list[Option]:
    return [Option(name, name, f"About {name}.") for name in names]


def pool(names: Sequence[str]) -> list[Candidate]:
    return [Candidate(api(name), 1.0) for name in names]


def results(name: str) -> list[Result]:
    step = Step("1", f"{name}/t/{name}", f"{name}?")
    return [Result(step, api(name), "ok", {}, 200, {"said": name})]


def filled(name: str) -> Task[Any]:
    entry = api(name, Parameter(name=f"{name}_id", required=True))
    return filling(
        PROMPTS, f"{name}?", Step("1", entry.id, "x"), entry, wanted=entry.parameters, earlier=(), today=TODAY
    )


KINDS: dict[str, Callable[[str, Sequence[str]], Task[Any]]] = {
    **{
        f"choose {level}": lambda query, names, level=level: choosing(
            PROMPTS,
            query,
            options(names),
            level=level,
            limit=5,
            avoid="",
            more=More(hidden=len(names) * 7, search=True),
        )
        for level in ("group", "category", "tool", "api")
    },
    "plan": lambda query, names: planning(PROMPTS, query, pool(names), avoid="", may_look=True, today=TODAY),
    "fill": lambda query, names: filled(names[0]),
    "answer": lambda query, names: answering(PROMPTS, query, results(names[0]), today=TODAY),
    "judge": lambda query, names: judging(
        PROMPTS, "answers", query, answer=names[0], results=results(names[0]), pool=(), today=TODAY
    ),
}


@pytest.fixture(scope="module")
def refusing() -> Iterator[ScriptedModel]:
    with ScriptedModel(Fault(400)) as model:
        yield model


async def sent(model: ScriptedModel, name: DriverName, task: Task[Any]) -> str:
    """All messages, as they arrive."""
    chat = open_chat(model="m", base_url=model.url, driver=name)
    with pytest.raises(ModelUnavailable):
        await Asker(chat.endpoint, chat.driver, chat.meter).ask(task)
    await chat.close()
    return model.requests[-1].text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", get_args(DriverName))
async def test_requests_of_one_kind_share_all_that_comes_before_the_first_name_offered(
    refusing: ScriptedModel, name: DriverName, kind: str
) -> None:
    task = KINDS[kind]("How warm is it?", ["alpha", "beta"])
    one = await sent(refusing, name, task)
    two = await sent(refusing, name, KINDS[kind]("Who wrote it?", ["omega", "psi", "chi"]))

    shared = "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))

    assert shared == one[: one.index("alpha")]
    assert shared.startswith(task.prompt.text)
