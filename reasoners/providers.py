"""Who serves chat models over the OpenAI protocol, and where they differ from it. One row adds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

ToolChoice = Literal["named", "required", "auto"]
DriverName = Literal["tools", "functions", "json_schema", "json_object", "react", "chatglm3", "call_text"]
"""In which form a model is asked, and answers."""


@dataclass(frozen=True)
class Provider:
    """A server of models, by its address."""

    name: str
    base_url: str
    tool_choice: ToolChoice = "named"
    """How a call is demanded: by the function's name, by the word `required`, or not at all."""
    driver: DriverName = "tools"
    """The form that its models know best."""
    fixed_temperature: tuple[str, ...] = ()
    """Beginnings of the names of models that refuse to be given a temperature."""

    def takes_temperature(self, model: str) -> bool:
        return not model.startswith(self.fixed_temperature)


OPENAI = Provider("openai", "https://api.openai.com/v1", fixed_temperature=("o1", "o3", "o4", "gpt-5"))

PROVIDERS: tuple[Provider, ...] = (
    OPENAI,
    Provider("openrouter", "https://openrouter.ai/api/v1"),
    Provider("mistral", "https://api.mistral.ai/v1"),
    Provider("groq", "https://api.groq.com/openai/v1"),
    Provider("deepseek", "https://api.deepseek.com/v1"),
    Provider("together", "https://api.together.xyz/v1"),
    Provider("vllm", "http://localhost:8000/v1"),
    # These two answer 400 to a tool_choice that is an object, or pass it over.
    Provider("lmstudio", "http://localhost:1234/v1", tool_choice="required"),
    Provider("llamacpp", "http://localhost:8080/v1", tool_choice="required"),
    Provider("ollama", "http://localhost:11434/v1", tool_choice="auto"),
)


def provider_at(base_url: str) -> Provider:
    """The row for an address, by host and port. An unknown address is taken to keep to the protocol fully."""
    wanted = _place(base_url)
    return next((p for p in PROVIDERS if _place(p.base_url) == wanted), Provider("unknown", base_url))


def _place(base_url: str) -> tuple[str, int | None]:
    address = urlsplit(base_url)
    host = address.hostname or ""
    return ("localhost" if host in ("127.0.0.1", "::1") else host), address.port
