"""The stand-in world: every API answers, says plainly what is wrong, and remembers what was changed."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from callers.credentials import Credentials
from callers.http import HttpCaller
from demo.document import CATALOG
from demo.keys import CREDENTIALS
from demo.world import World
from evals.faults.raw_server import LOOPBACK

NAMES = [api["name"] for tool in json.loads(CATALOG.read_text())["tools"] for api in tool["apis"]]
GUARDED = [api["name"] for tool in json.loads(CATALOG.read_text())["tools"] for api in tool["apis"] if "auth" in api]
TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


def plausible(api: Any) -> dict[str, Any]:
    return {
        p.name: p.example if p.example is not None else p.enum[0] for p in api.parameters if p.required or p.example
    }


def misfits(value: Any, shape: Any, at: str = "") -> list[str]:
    """Where a response differs from the shape that the catalog promises; null fits everything."""
    if value is None or (isinstance(shape, str) and isinstance(value, TYPES[shape])):
        return []
    if isinstance(shape, dict) and isinstance(value, dict) and shape.keys() == value.keys():
        return [m for key in shape for m in misfits(value[key], shape[key], f"{at}/{key}")]
    if isinstance(shape, list) and isinstance(value, list):
        return [m for number, item in enumerate(value) for m in misfits(item, shape[0], f"{at}/{number}")]
    return [f"{at}: {value!r} is not {shape!r}"]


@pytest.mark.parametrize("name", NAMES)
async def test_each_api_answers_on_the_real_server_in_the_promised_shape(name: str, world: World, apis: Any) -> None:
    api = apis[name].model_copy(update={"url": apis[name].url.replace("http://127.0.0.1:8321", world.url)})
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials(world.credentials))
    reply = await caller.send(api, plausible(api), timeout_seconds=10)
    await caller.close()
    assert 200 <= reply.status < 300, reply.body
    assert misfits(reply.body, api.response_shape) == []


async def test_examples_bring_something_to_look_at(visitor: Any) -> None:
    for name in ("search_products", "search_hotels", "search_flights", "find_recipes", "search_books", "search_jobs"):
        _, body = await visitor.send(name, **plausible(visitor.apis[name]))
        assert body["count"] > 0, name


@pytest.mark.parametrize("name", GUARDED)
async def test_without_the_right_key_nothing_is_answered(name: str, visitor: Any) -> None:
    api, values = visitor.apis[name], plausible(visitor.apis[name])
    wrong = Credentials({credential: f"{secret}x" for credential, secret in CREDENTIALS.items()})
    bare = api.model_copy(update={"auth": ()})
    refused = HttpCaller(
        pooled=visitor.client._transport,
        single=visitor.client._transport,
        credentials=wrong,
        limit_bytes=100_000,
        timeouts=httpx2.Timeout(5),
        user_agent="test",
    )
    without = await visitor.caller.send(bare, values, timeout_seconds=5)
    with_wrong = await refused.send(api, values, timeout_seconds=5)
    assert (without.status, with_wrong.status) == (401, 401)
    assert "none came with the request" in without.body["error"]
    assert "is wrong" in with_wrong.body["error"]


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("get_order", {"order_id": "383833"}, "No such order: 383833"),
        ("get_order", {"order_id": "12345"}, "No such order: 12345"),
        ("cancel_order", {"order_id": "99999"}, "No such order: 99999"),
        ("get_return", {"return_id": "rtn123"}, "No such return: rtn123"),
        ("get_customer", {"customer_id": "C9999"}, "No such customer: C9999"),
        ("find_customer", {"email": "nobody@example.com"}, "No customer has the e-mail address nobody@example.com"),
        ("current_weather", {"place": "Mars"}, "No such place: Mars"),
        ("search_hotels", {"city": "Atlantis"}, "No such place: Atlantis"),
        ("stock_quote", {"symbol": "XXXX"}, "No such symbol: XXXX"),
        ("convert_currency", {"amount": 1, "from_currency": "XXX", "to_currency": "EUR"}, "No such currency: XXX"),
        ("recommend_book", {"topic": "quantum knitting"}, "No book about quantum knitting is known"),
    ],
)
async def test_what_does_not_exist_is_a_404_that_names_it(
    name: str, values: dict[str, Any], told: str, visitor: Any
) -> None:
    assert await visitor.send(name, **values) == (404, {"error": told})


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("GET", "/weather/current", None, "place"),
        ("GET", "/weather/forecast?place=Paris&days=9", None, "days"),
        ("GET", "/weather/current?place=Paris&units=kelvin", None, "units"),
        ("GET", "/hotels?city=Berlin&check_in=soon", None, "check_in"),
        ("GET", "/hotels?city=Berlin&check_in=2026-07-04&check_out=2026-07-01", None, "check_out"),
        ("GET", "/currency/convert?amount=NaN&from_currency=USD&to_currency=EUR", None, "amount"),
        ("GET", "/ip/999.1.1.1", None, "ip"),
        ("GET", "/holidays/next?country=GB&after=2040-01-01", None, "after"),
        ("POST", "/translate", {"text": "thank you"}, "target_language"),
        ("POST", "/restaurants/R101/reservations", {"date": "2026-07-01", "time": "late"}, "time"),
        ("POST", "/jobs/J1001/applications", {"applicant_name": "Mia", "email": "mia"}, "email"),
        ("POST", "/reading-list", {"isbn": "9780000000101", "shelf": 3}, "shelf"),
    ],
)
async def test_what_has_the_wrong_form_is_told_by_name(
    method: str, path: str, body: Any, named: str, visitor: Any
) -> None:
    response = await visitor.client.request(method, path, json=body)
    assert response.status_code in (400, 422)
    assert named in response.json()["error"]


async def test_the_wrong_form_of_an_order_number_is_told(visitor: Any) -> None:
    response = await visitor.client.get("/shop/orders/12ab", headers={"X-Api-Key": CREDENTIALS["shop_key"]})
    assert response.status_code == 422
    assert response.json()["problems"][0]["parameter"] == "order_id"


async def test_order_123456_holds_one_herbal_handsoap_and_adds_up(visitor: Any) -> None:
    _, order = await visitor.send("get_order", order_id="123456")
    assert [(line["name"], line["quantity"]) for line in order["items"]] == [("Herbal Handsoap", 1)]
    _, listed = await visitor.send("list_customer_orders", customer_id=order["customer_id"])
    assert ("123456", order["total"]) in [(row["order_id"], row["total"]) for row in listed["orders"]]


async def test_the_total_of_each_order_is_the_sum_of_its_lines(visitor: Any) -> None:
    for number in range(1, 5):
        _, listed = await visitor.send("list_customer_orders", customer_id=f"C100{number}")
        for row in listed["orders"]:
            _, order = await visitor.send("get_order", order_id=row["order_id"])
            lines = sum(line["quantity"] * line["unit_price"] for line in order["items"])
            assert order["total"] == pytest.approx(lines + order["shipping"])


@pytest.mark.parametrize("return_id", ["rtn001", "rtn002", "rtn003"])
async def test_each_return_belongs_to_its_order(return_id: str, visitor: Any) -> None:
    _, returned = await visitor.send("get_return", return_id=return_id)
    _, order = await visitor.send("get_order", order_id=returned["order_id"])
    assert {item["name"] for item in returned["items"]} <= {line["name"] for line in order["items"]}
    assert returned["requested_on"] >= order["delivered_on"]
    assert returned["processing_date"] and returned["status"]
    assert order["refund_status"] == returned["refund_status"]


async def test_a_shipped_order_leads_to_its_parcel(visitor: Any) -> None:
    _, order = await visitor.send("get_order", order_id="91827")
    status, parcel = await visitor.send("track_parcel", tracking_number=order["tracking_number"])
    assert (status, parcel["status"]) == (200, "in_transit")


async def test_a_cancelled_order_stays_cancelled_and_cannot_be_cancelled_again(visitor: Any) -> None:
    first, _ = await visitor.send("cancel_order", order_id="123456")
    _, order = await visitor.send("get_order", order_id="123456")
    again, told = await visitor.send("cancel_order", order_id="123456")
    assert (first, order["status"], order["refund_status"]) == (200, "cancelled", "pending")
    assert (again, told) == (409, {"error": "Order 123456 is cancelled and can no longer be cancelled."})


async def test_a_new_address_is_seen_when_the_order_is_read_again(visitor: Any) -> None:
    await visitor.send(
        "change_delivery_address", order_id="200417", street="12 Rose Lane", city="Leeds", postal_code="LS1 4AP"
    )
    _, order = await visitor.send("get_order", order_id="200417")
    assert order["delivery_address"] == {
        "street": "12 Rose Lane",
        "city": "Leeds",
        "postal_code": "LS1 4AP",
        "country": "GB",
    }


async def test_a_started_return_can_be_looked_up_and_withdrawn(visitor: Any) -> None:
    status, started = await visitor.send("create_return", order_id="48213", reason="damaged")
    _, withdrawn = await visitor.send("cancel_return", return_id=started["return_id"])
    _, seen = await visitor.send("get_return", return_id=started["return_id"])
    assert (status, withdrawn["status"], seen["status"]) == (201, "withdrawn", "withdrawn")


async def test_a_found_hotel_can_be_booked_and_given_back(visitor: Any) -> None:
    _, found = await visitor.send("search_hotels", city="Berlin")
    hotel = found["hotels"][0]
    stay = {"guest_name": "Anna Meyer", "check_in": "2026-07-01", "check_out": "2026-07-04"}
    _, booked = await visitor.send("book_hotel", hotel_id=hotel["hotel_id"], **stay)
    await visitor.send("cancel_booking", booking_id=booked["booking_id"])
    _, listed = await visitor.send("list_bookings")
    assert booked["total"] == 3 * hotel["price_per_night"]
    assert [b["status"] for b in listed["bookings"] if b["booking_id"] == booked["booking_id"]] == ["cancelled"]


async def test_appointments_are_created_moved_and_deleted(visitor: Any) -> None:
    _, made = await visitor.send("create_event", title="Review", date="2026-06-20", start="14:00")
    await visitor.send("move_event", event_id=made["event_id"], date="2026-06-21", start="10:00")
    _, before = await visitor.send("list_events", date="2026-06-20")
    _, after = await visitor.send("list_events", date="2026-06-21")
    await visitor.send("delete_event", event_id=made["event_id"])
    _, gone = await visitor.send("list_events", date="2026-06-21")
    assert (before["count"], [event["title"] for event in after["events"]], gone["count"]) == (0, ["Review"], 0)


async def test_a_theme_of_several_words_finds_what_shares_most_of_them(visitor: Any) -> None:
    _, book = await visitor.send("recommend_book", topic="the importance of compassion towards animals")
    _, word = await visitor.send("random_word", theme="unity and empathy")
    assert book["title"] == "Every Living Voice"
    assert word["word"] in {"harmony", "kinship", "solidarity"}


async def test_weather_is_known_for_many_places_and_always_the_same(visitor: Any) -> None:
    for place in ("Scotland", "Paris", "Berlin", "London", "New York", "Tokyo", "são paulo", "Edinburgh, Scotland"):
        first = await visitor.send("current_weather", place=place)
        assert first[0] == 200, place
        assert first == await visitor.send("current_weather", place=place)
    _, warm = await visitor.send("current_weather", place="Paris")
    _, fahrenheit = await visitor.send("current_weather", place="Paris", units="imperial")
    assert fahrenheit["temperature"] == pytest.approx(warm["temperature"] * 9 / 5 + 32, abs=0.11)


async def test_league_tables_agree_with_the_results(visitor: Any) -> None:
    for league in ("premier", "bundesliga", "nba"):
        _, table = await visitor.send("league_table", league=league)
        assert sum(row["won"] for row in table["teams"]) == sum(row["lost"] for row in table["teams"])
        assert [row["position"] for row in table["teams"]] == [1, 2, 3, 4]
        assert sum(row["played"] for row in table["teams"]) == 2 * 8


async def test_what_was_received_is_listed_without_secrets_and_can_be_cleared(visitor: Any) -> None:
    await visitor.send("stock_quote", symbol="NRTH")
    await visitor.send("set_newsletter", customer_id="C1001", subscribed=False)
    listed = await visitor.client.get("/_requests")
    assert [(r["method"], r["path"], r["status"]) for r in listed.json()] == [
        ("GET", "/stocks/NRTH/quote", 200),
        ("PUT", "/shop/customers/C1001/newsletter", 200),
    ]
    assert listed.json()[1]["body"] == {"subscribed": False}
    assert not any(secret in listed.text for secret in CREDENTIALS.values())
    assert (await visitor.client.delete("/_requests")).json() == {"cleared": 2}
    assert (await visitor.client.get("/_requests")).json() == []


async def test_the_server_gives_its_catalog_with_the_address_by_which_it_was_asked(app: FastAPI) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://upstream:9000") as client:
        document = (await client.get("/_catalog")).json()
    assert {tool["url"].split("/")[2] for tool in document["tools"]} == {"upstream:9000"}


async def test_an_unknown_path_is_told_like_every_other_error(visitor: Any) -> None:
    response = await visitor.client.get("/nowhere")
    assert (response.status_code, response.json()) == (404, {"error": "Not Found"})
