"""One operation of a document as an API of the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.errors import UnreadableDocument
from catalog.importers.http import SAFE_METHODS, placeholders
from catalog.importers.openapi.bodies import Body, read_body, read_swagger_body
from catalog.importers.openapi.hierarchy import is_dull
from catalog.importers.openapi.overrides import Overrides
from catalog.importers.openapi.parameters import Stated, is_true, read_parameters, stated
from catalog.importers.openapi.references import References
from catalog.importers.openapi.responses import response_shape
from catalog.importers.openapi.schemas import Schemas
from catalog.importers.openapi.security import Alternatives, Security
from catalog.importers.record import Fields, key_form, text, within
from catalog.importers.supplying import parted
from catalog.models import Api, AuthScheme, Parameter, Tool

MOST_PARAMETERS = 1_000
IDEMPOTENCY_KEY = "idempotency-key"
"""The service fills it in itself: no person and no model is asked for it."""


@dataclass(frozen=True)
class Operation:
    """An operation where it stands."""

    where: str
    """`paths./pets.get`"""
    path_where: str
    path: str
    method: str
    fields: Fields
    path_item: Fields

    @property
    def operation_id(self) -> str:
        said = self.fields.get("operationId")
        return said.strip() if isinstance(said, str) else ""

    @property
    def made_name(self) -> str:
        """`get_pets_petId`: what it is called where it has no name of its own."""
        return f"{self.method.lower()}_{key_form(self.path)}" if self.path.strip("/") else f"{self.method.lower()}_root"

    @property
    def made_title(self) -> str:
        """`Get pets by petId`"""
        parts = (part for part in self.path.split("/") if part and not is_dull(part))
        words = [word for part in parts for word in re.split(r"[_\-.?=&:]+", part) if word]
        by = " and ".join(placeholders(self.path))
        return f"{self.method.capitalize()} {' '.join(words)}".strip() + (f" by {by}" if by else "")


@dataclass
class OperationReader:
    """Reads the operations of one document."""

    document: Fields
    references: References
    schemas: Schemas
    security: Security
    is_swagger: bool

    def read(self, operation: Operation, url: str, overrides: Overrides, tool: Tool, name: str, api_id: str) -> Api:
        """Raises UnreadableDocument."""
        self.schemas.begin_api()
        fields = operation.fields
        levels = (operation.path_where, operation.path_item), (operation.where, fields)
        all_stated = stated(self.schemas, *levels)
        parameters = list(read_parameters(self.schemas, all_stated))
        body = self._body(operation, all_stated)
        auth = self._auth(operation, all_stated)
        risk = overrides.text("risk") or ("safe" if operation.method in SAFE_METHODS else "mutating")
        keyed = _idempotency_header(parameters, overrides.idempotency_header) if risk == "mutating" else None
        parameters = [one for one in parameters if one.place != "header" or one.name.lower() != (keyed or "").lower()]
        asked, supplied = parted(_all(operation.path, parameters, body, auth), overrides.supplies)
        return Api.model_validate(
            {
                "id": api_id,
                "name": name,
                "title": overrides.text("title") or self._title(operation, name),
                "description": overrides.text("description") or self._description(operation),
                "category": tool.category,
                "tool_id": tool.id,
                "tool_name": tool.name,
                "method": operation.method,
                "url": url + operation.path if url else "",
                "parameters": asked,
                "supplied": supplied,
                "cost_usd": overrides.cost_usd,
                "auth": auth,
                "risk": risk,
                "idempotency_header": keyed,
                "approval": overrides.text("approval") or None,
                "hidden": overrides.hidden,
                "body_type": body.media_type,
                "body_is_value": body.is_value,
                "examples": overrides.examples,
                "response_shape": response_shape(self.schemas, fields),
            }
        )

    def _body(self, operation: Operation, all_stated: list[Stated]) -> Body:
        try:
            if not self.is_swagger:
                return read_body(self.schemas, operation.fields)
            consumes = operation.fields.get("consumes") or self.document.get("consumes")
            known = [one for one in consumes if isinstance(one, str)] if isinstance(consumes, list) else []
            return read_swagger_body(self.schemas, all_stated, known)
        except UnreadableDocument as error:
            raise (error if error.where.startswith("paths.") else within(operation.where, error)) from error

    def _auth(self, operation: Operation, all_stated: list[Stated]) -> Alternatives:
        try:
            auth = self.security.wanted(operation.fields)
        except UnreadableDocument as error:
            # The requirement of the whole document stands outside of the operation.
            raise (within(operation.where, error) if "security" in operation.fields else error) from error
        return auth or self._stated_key(all_stated)

    def _stated_key(self, all_stated: list[Stated]) -> Alternatives:
        """A header `Authorization` among the parameters is a secret, which is never asked of a person."""
        for one in all_stated:
            if one.key[0] == "header" and one.key[1].lower() == "authorization":
                name = f"{self.security.prefix}.authorization"
                scheme = AuthScheme(name=name, kind="api_key", place="header", parameter="Authorization")
                return ((scheme,),) if is_true(one.fields, "required") else ((scheme,), ())
        return ()

    def _title(self, operation: Operation, name: str) -> str:
        summary = " ".join(text(operation.fields, "summary").split())
        return summary or (operation.made_title if name == operation.made_name else "")

    def _description(self, operation: Operation) -> str:
        places = (operation.fields, operation.path_item)
        texts = (text(level, word).strip() for level in places for word in ("description", "summary"))
        about = next(filter(None, texts), "")
        return f"Deprecated. {about}".strip() if is_true(operation.fields, "deprecated") else about


def _idempotency_header(parameters: list[Parameter], said: str | None) -> str | None:
    """What it is called where the document says so, else as the usual header that is among the parameters."""
    if said is not None:
        return said or None
    usual = (one.name for one in parameters if one.place == "header" and one.name.lower() == IDEMPOTENCY_KEY)
    return next(usual, None)


def _all(path: str, parameters: list[Parameter], body: Body, auth: Alternatives) -> tuple[Parameter, ...]:
    """Each name once: the second place of a name is put before it (`body_id`)."""
    wanted = set(placeholders(path))
    keys = {(scheme.place, scheme.parameter.lower()) for each in auth for scheme in each}
    found: dict[str, Parameter] = {}
    for one in [*sorted(parameters, key=lambda one: one.place != "path"), *body.parameters]:
        # A path parameter that its path does not have can go nowhere; a key comes from the operator.
        if (one.place == "path" and one.name not in wanted) or (one.place, one.name.lower()) in keys:
            continue
        one = one if one.name not in found else _told_apart(one, found)
        found[one.name] = one
    for missing in sorted(wanted - {one.name for one in found.values() if one.place == "path"}):
        found[missing] = Parameter(name=missing, place="path", required=True)
    if len(found) > MOST_PARAMETERS:
        raise UnreadableDocument("parameters", f"are more than {MOST_PARAMETERS:,}")
    return tuple(found.values())


def _told_apart(one: Parameter, found: Mapping[str, Parameter]) -> Parameter:
    """A parameter under a name of its own; in the request it keeps the one that it has."""
    name = f"{one.place}_{one.name}"
    while name in found:
        name += "_"
    return one.model_copy(update={"name": name, "wire_name": one.name})


def names(operations: list[Operation]) -> Mapping[str, str]:
    """By place. An operationId that several have names none of them, so that names do not hang on the order."""
    counted: dict[str, int] = {}
    for operation in operations:
        counted[operation.operation_id] = counted.get(operation.operation_id, 0) + 1
    return {
        one.where: one.operation_id if one.operation_id and counted[one.operation_id] == 1 else one.made_name
        for one in operations
    }
