"""A model that fails is never a fault of the service: over HTTP its answer is 200, and says what was received."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from evals.replies import HANG, Call, Fault, Message, Reply
from evals.scripted_model import ScriptedModel
from graph.settings import Settings
from tests.api.conftest import document, running_upstream, serving

FAULTS: dict[str, tuple[Reply, str]] = {
    "a refusal": (Fault(401, body='{"error": {"message": "no such key"}}'), "401: no such key"),
    "silence": (HANG, "no complete answer within 0.5 s"),
    "too much": (Fault(200, body=" " * 8_500_000), "more than 8388608 bytes"),
    "prose": ("I would rather not.", "I would rather not."),
    "nothing": (Message(""), "Received: ''"),
    "half a character": ((Call("plan_calls", '{"reason": "\\ud83d'),), "plan_calls"),
}


@pytest.mark.parametrize(("reply", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_failing_model_is_a_failed_answer_and_no_error_of_ours(tmp_path: Path, reply: Reply, said: str) -> None:
    with running_upstream() as upstream, ScriptedModel(reply) as model:
        settings: dict[str, Any] = {"model": "scripted", "openai_base_url": model.url, "model_timeout_seconds": 0.5}
        app = create_app(Settings(_env_file=None, data_dir=tmp_path, **settings))  # type: ignore[call-arg]
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            client.post("/catalog/import", json={"document": document(upstream.url), "name": "library"})
            answer = client.post(
                "/query", json={"query": "When is loan 70001 due?", "options": {"strategy": "fan_out"}}
            )
            thread = client.get(f"/threads/{answer.json()['thread_id']}/trace")

        assert (answer.status_code, thread.status_code) == (200, 200)
        assert answer.json()["status"] == "failed"
        assert said in answer.json()["error"]["detail"]
        assert upstream.received == []
