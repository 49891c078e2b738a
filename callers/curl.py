"""A request as a command line, for people who want to try it themselves."""

from __future__ import annotations

import shlex

from callers.request import Request


def command(request: Request) -> str:
    """A curl command that sends the same request, quoted for a POSIX shell."""
    parts = ["curl"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != "GET" or request.body is not None:
        parts += ["--request", request.method]
    if set(request.url) & set("[]{}"):
        parts.append("--globoff")
    for name, text in request.headers:
        # "Name:" would tell curl to leave the header out; a semicolon sends it empty.
        parts += ["--header", f"{name}: {text}" if text else f"{name};"]
    if request.body is not None:
        parts += ["--data-raw", request.body.decode()]
    return shlex.join([*parts, request.url])
