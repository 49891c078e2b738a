"""A request as a command line, for people who want to try it themselves."""

from __future__ import annotations

import shlex

from callers.request import Request


def command(request: Request) -> str:
    """A curl command that sends the same request, quoted for a POSIX shell."""
    body = request.body
    parts = ["curl"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != "GET" or body is not None:
        parts += ["--request", request.method]
    if set(request.url) & set("[]{}"):
        parts.append("--globoff")
    for name, text in request.headers:
        # "Name:" would tell curl to leave the header out; a semicolon sends it empty.
        parts += ["--header", f"{name}: {text}" if text else f"{name};"]
    if body is None:
        return shlex.join([*parts, request.url])
    if _is_plain(body):
        return shlex.join([*parts, "--data-raw", body.decode(), request.url])
    return f"printf {shlex.quote(_printed(body))} | {shlex.join([*parts, '--data-binary', '@-', request.url])}"


def _is_plain(body: bytes) -> bool:
    """Whether a shell and a terminal carry these bytes as they are."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\n\t" for character in text)


def _printed(body: bytes) -> str:
    """The bytes as a format of POSIX `printf`; what is no printable ASCII is written in octal."""
    text = "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in body)
    return f"\\055{text[1:]}" if text.startswith("-") else text  # else it would be an option


_ESCAPES = {ord("\\"): "\\\\", ord("%"): "%%", ord("\r"): "\\r", ord("\n"): "\\n"}
