"""Which credentials an operation wants. Names only: no secret stands in a document or in the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from catalog.errors import UnreadableDocument
from catalog.importers.openapi.references import References
from catalog.importers.record import Fields, first_problem, kind, needed_text, text, within
from catalog.models import AuthScheme

Alternatives = tuple[tuple[AuthScheme, ...], ...]


@dataclass(frozen=True)
class Security:
    """The security schemes of one document."""

    references: References
    schemes: Mapping[str, JsonValue]
    prefix: str
    """Two documents may call different keys alike: a credential's name begins with its document's."""
    whole: JsonValue = None
    """What is wanted of every operation that says nothing itself."""

    @classmethod
    def of(cls, references: References, prefix: str) -> Security:
        document = references.document
        components = document.get("components")
        said = components.get("securitySchemes") if isinstance(components, dict) else None
        schemes = document.get("securityDefinitions") or said
        return cls(references, schemes if isinstance(schemes, dict) else {}, prefix, document.get("security"))

    def wanted(self, operation: Fields) -> Alternatives:
        """Alternatives, each with all that it needs; an empty one makes the others optional."""
        own = "security" in operation
        requirements = operation["security"] if own else self.whole
        if requirements is None:
            return ()
        if not isinstance(requirements, list):
            raise UnreadableDocument("security", f"must be a list of requirements, not {kind(requirements)}")
        found = [self._together(place, each) for place, each in enumerate(requirements)]
        return () if not any(found) else tuple(dict.fromkeys(found))

    def _together(self, place: int, requirement: JsonValue) -> tuple[AuthScheme, ...]:
        where = f"security[{place}]"
        if not isinstance(requirement, dict):
            raise UnreadableDocument(where, f"must be an object of schemes, not {kind(requirement)}")
        try:
            schemes = [self._scheme(name) for name in requirement]
        except UnreadableDocument as error:
            raise within(where, error) from error
        return tuple(scheme for scheme in schemes if scheme is not None)

    def _scheme(self, name: str) -> AuthScheme | None:
        if name not in self.schemes:
            raise UnreadableDocument(name, f"is not defined; defined are {', '.join(self.schemes) or 'none'}")
        fields = self.references.follow(self.schemes[name])
        credential = f"{self.prefix}.{name}"
        try:
            return _scheme(credential, fields)
        except ValidationError as error:
            raise UnreadableDocument(name, first_problem(error)) from error
        except UnreadableDocument as error:
            raise within(name, error) from error


def _scheme(credential: str, fields: Fields) -> AuthScheme | None:
    match text(fields, "type"):
        case "apiKey":
            place, parameter = text(fields, "in"), needed_text(fields, "name")
            return AuthScheme.model_validate(
                {"name": credential, "kind": "api_key", "place": place, "parameter": parameter}
            )
        case "basic":
            return AuthScheme(name=credential, kind="basic")
        case "http":
            return _http(credential, needed_text(fields, "scheme").lower())
        case "oauth2" | "openIdConnect":
            return AuthScheme(name=credential, kind="bearer")
        case "mutualTLS":
            return None  # a matter of the connection: nothing stands in the request
        case other:
            raise UnreadableDocument("type", f"{other!r} is no kind of security scheme")


def _http(credential: str, scheme: str) -> AuthScheme:
    if scheme == "basic":
        return AuthScheme(name=credential, kind="basic")
    if scheme == "bearer":
        return AuthScheme(name=credential, kind="bearer")
    # Another scheme is written by the operator: the secret is the whole value of the header.
    return AuthScheme(name=credential, kind="api_key", place="header", parameter="Authorization")
