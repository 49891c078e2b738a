"""A secret that comes back is blotted out, however it is written."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callers.credentials import Credentials
from callers.http import HttpCaller
from catalog.echoes import cut_off, forms, masked
from catalog.errors import CallError
from catalog.models import AuthScheme
from evals.faults.raw_server import LOOPBACK

if TYPE_CHECKING:
    from conftest import Upstream

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=10, max_size=60)
SECRET = 'k3y/+&"s<cret>-4711'


def written(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "plain": secret,
        "base64": base64.b64encode(raw).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode(),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "url": quote(secret, safe=""),
        "form": quote_plus(secret),
        "every byte": "".join(f"%{byte:02X}" for byte in raw),
        "json": json.dumps(secret),
        "html": html.escape(secret),
        "base64 of a query": base64.b64encode(f"?key={quote_plus(secret)}&".encode()).decode(),
        "hex of a query": quote(secret, safe="").encode().hex(),
    }


@given(SECRETS)
def test_no_usual_form_is_left_over(secret: str) -> None:
    traces = forms([secret])
    for name, text in written(secret).items():
        assert text not in masked(f"<{text}>", traces), name


@given(SECRETS, st.binary(max_size=8), st.binary(max_size=8))
def test_nor_one_inside_of_something_longer_in_base64(secret: str, before: bytes, after: bytes) -> None:
    left = masked(base64.b64encode(before + secret.encode() + after).decode(), forms([secret]))
    assert "***" in left and len(left) < 12 + 4 * (len(before) + len(after))


@pytest.mark.parametrize("scheme", ["api_key", "bearer", "basic"])
async def test_what_an_upstream_repeats_reaches_nobody(upstream: Upstream, scheme: str) -> None:
    secret = f"user:{SECRET}" if scheme == "basic" else SECRET
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"k": secret}))
    api = upstream.api("/", auth=((AuthScheme(name="k", kind=scheme, parameter="X-Key"),),))  # type: ignore[arg-type]
    echo = {name: [text, {text: text}] for name, text in written(SECRET).items()}
    both = base64.b64encode(f"user:{SECRET}".encode()).decode()
    upstream.then(upstream.answer({**echo, "both": both}))  # type: ignore[dict-item]
    reply = await caller.send(api, {}, timeout_seconds=5)
    await caller.close()
    kept = json.dumps(reply.body, ensure_ascii=False)
    assert [name for name, text in written(SECRET).items() if text in kept] == []
    assert both not in kept


@given(SECRETS, st.integers(6, 9))
def test_nor_the_beginning_of_one_where_an_answer_was_cut_off(secret: str, cut: int) -> None:
    assert not cut_off(f"...{secret[:cut]}", forms([secret])).endswith(secret[:cut])
    assert cut_off(f"{secret[:5]}", forms([secret])) == secret[:5]


async def test_an_error_does_not_repeat_what_an_upstream_said(upstream: Upstream) -> None:
    caller = HttpCaller.open(egress=LOOPBACK, credentials=Credentials({"k": "s3cret-4711"}))
    api = upstream.api("/", auth=((AuthScheme(name="k", kind="bearer"),),))
    away = {"location": "http://s3cret-4711.example/x"}
    for script in (
        upstream.answer({}, status=302, headers=away),
        upstream.answer({}, headers={"content-encoding": "s3cret-4711"}),
    ):
        upstream.then(script)
        with pytest.raises(CallError) as caught:
            await caller.send(api, {}, timeout_seconds=5)
        assert "s3cret-4711" not in str(caught.value) + repr(vars(caught.value))
    await caller.close()
