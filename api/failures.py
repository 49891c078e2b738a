"""Failures that exist only at the door: requests that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.errors import SwitchboardError


class DoorError(SwitchboardError):
    """The request never got past the door."""

    code = "bad_request"


class InvalidRequest(DoorError):
    """A body or query parameter that does not fit, each with a JSON pointer. Nothing was done."""

    code = "invalid_request"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {detail}" if pointer else detail for pointer, detail in problems))
        self.problems = tuple(problems)

    @classmethod
    def of(cls, found: Sequence[Mapping[str, object]]) -> InvalidRequest:
        """From the error list of pydantic."""
        return cls([(pointer(each["loc"]), _plain(each)) for each in found])


class BodyTooLarge(DoorError):
    """The body was not read to its end."""

    code = "body_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body is larger than {limit_bytes:,} bytes.")
        self.limit_bytes = limit_bytes


class BodyTooSlow(DoorError):
    """The body did not arrive in time."""

    code = "body_too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The body did not arrive within {seconds:g} s.")


class NotReady(DoorError):
    """The service is not open yet, or not any more."""

    code = "not_ready"

    def __init__(self) -> None:
        super().__init__("The service is starting or stopping. Try again in a moment.")


def pointer(location: object) -> str:
    """The JSON pointer (RFC 6901) of a pydantic location."""
    parts = location if isinstance(location, (tuple, list)) else ()
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _plain(found: Mapping[str, object]) -> str:
    match found["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "unknown field"
        case "string_too_short":
            return "must not be empty"
        case _:
            return str(found["msg"])
