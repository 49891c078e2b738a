"""Which credentials a Postman request needs. Their values, which collections often hold, are never read."""

from __future__ import annotations

from pydantic import JsonValue

from catalog.errors import UnreadableDocument
from catalog.importers.record import Fields, key_form, kind
from catalog.models import AuthKind, AuthPlace, AuthScheme

Alternatives = tuple[tuple[AuthScheme, ...], ...]
BEARER = frozenset({"bearer", "oauth2", "jwt"})


def read_auth(value: JsonValue, collection: str, *, above: Alternatives) -> Alternatives:
    """What `auth` says; `above` where it says nothing. Raises UnreadableDocument for a kind that cannot be sent."""
    if value is None:
        return above
    if not isinstance(value, dict):
        raise UnreadableDocument("auth", f"must be an object, not {kind(value)}")
    stated = value.get("type")
    if stated == "noauth":
        return ()
    if stated == "basic":
        return ((credential(collection, "basic"),),)
    if stated == "apikey":
        settings = _settings(value, "apikey")
        place: AuthPlace = "query" if settings.get("in") == "query" else "header"
        return ((credential(collection, "api_key", place, settings.get("key") or "Authorization"),),)
    if isinstance(stated, str) and stated in BEARER:
        place = "query" if _settings(value, stated).get("addTokenTo") in ("queryParams", "queryParam") else "header"
        if place == "query":
            return ((credential(collection, "api_key", place, "access_token"),),)
        return ((credential(collection, "bearer"),),)
    raise UnreadableDocument("auth.type", f"{stated!r} cannot be sent; known are apikey, basic, bearer, jwt, oauth2")


def credential(
    collection: str, scheme: AuthKind, place: AuthPlace = "header", parameter: str = "Authorization"
) -> AuthScheme:
    """Named after the collection, so that the operator sets it once for all of its requests."""
    suffix = key_form(parameter).lower() if scheme == "api_key" else scheme
    return AuthScheme(name=f"{key_form(collection).lower()}_{suffix}", kind=scheme, place=place, parameter=parameter)


def _settings(auth: Fields, name: str) -> dict[str, str]:
    """Version 2.1 lists them as keys and values, 2.0 has an object."""
    stated = auth.get(name)
    if isinstance(stated, dict):
        return {key: each for key, each in stated.items() if isinstance(each, str)}
    pairs = stated if isinstance(stated, list) else []
    return {
        str(pair.get("key")): each
        for pair in pairs
        if isinstance(pair, dict) and isinstance(each := pair.get("value"), str)
    }
