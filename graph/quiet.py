"""Libraries that log whole answers where the log is set to its last detail: upstreams repeat secrets in them."""

from __future__ import annotations

import logging

TALKATIVE = ("httpcore", "httpcore2", "httpx", "httpx2", "openai", "mcp", "aiosqlite")


def keep_quiet() -> None:
    """Whatever level the operator sets, they tell no more than that something happened."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
