"""The address that an operation is called at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.http import usable_url
from catalog.importers.record import Fields, at, kind, text

VARIABLE = re.compile(r"\{([^{}]+)\}")


def address(where: str, level: Fields, base_url: str) -> str | None:
    """What a document, path or operation says of its address (OpenAPI 3); None: nothing.

    The first server that can be called. Raises UnreadableDocument if servers are named and none can be.
    """
    servers = level.get("servers")
    if not servers:
        return None
    if not isinstance(servers, list):
        raise UnreadableDocument(at(where, "servers"), f"must be a list, not {kind(servers)}")
    faults: list[UnreadableDocument] = []
    for place, server in enumerate(servers):
        try:
            return _address(server, base_url)
        except UnreadableDocument as error:
            faults.append(UnreadableDocument(at(at(where, f"servers[{place}]"), error.where), error.reason))
    raise faults[0]


def _address(server: JsonValue, base_url: str) -> str:
    if not isinstance(server, dict):
        raise UnreadableDocument("url", f"stands in {kind(server)}; a server must be an object")
    template = text(server, "url").strip()
    said = dict(_variables(server))
    missing = [name for name in VARIABLE.findall(template) if name not in said]
    if missing:
        raise UnreadableDocument("url", f"has the variable {{{missing[0]}}} without a default")
    return absolute(VARIABLE.sub(lambda found: said[found[1]], template), base_url)


def _variables(server: Fields) -> Iterator[tuple[str, str]]:
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        choices = variable.get("enum") if isinstance(variable, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        if default is None and isinstance(choices, list) and choices:
            default = choices[0]
        if isinstance(default, str | int | float) and not isinstance(default, bool):
            yield name, str(default)


def absolute(url: str, base_url: str) -> str:
    """A whole address. Raises UnreadableDocument where it needs a base and there is none."""
    joined = urljoin(base_url, url) if base_url else url
    # As sent: a fragment is never, and of a query there is nothing that a path could be put behind.
    whole = usable_url(joined.split("#")[0].split("?")[0])
    if whole:
        return whole.rstrip("/")
    if "://" not in url:
        raise UnreadableDocument("url", f"{url!r} is relative: name the URL that it starts from (--base-url)")
    raise UnreadableDocument("url", f"{url!r} is no http or https address with a host")


def swagger_address(document: Fields, base_url: str) -> str:
    """Swagger 2: schemes, host and base path; what is left out is that of the document's own URL."""
    host, path = text(document, "host").strip(), text(document, "basePath").strip()
    host = host.partition("://")[2] or host
    if not host and not base_url:
        raise UnreadableDocument("host", "is missing: name the URL that the document came from (--base-url)")
    base = urlsplit(base_url)
    schemes = document.get("schemes")
    known = [one for one in schemes if one in ("https", "http")] if isinstance(schemes, list) else []
    scheme = "https" if "https" in known else known[0] if known else base.scheme or "https"
    url = f"{scheme}://{host.rstrip('/') or base.netloc}/{path.lstrip('/')}"
    if not usable_url(url):
        raise UnreadableDocument("host", f"{host!r} is no host")
    return url.rstrip("/")
