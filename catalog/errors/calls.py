"""Failures of calls: requests that were not made, or have no usable answer."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors.root import SwitchboardError


class CallError(SwitchboardError):
    """A request that was not made, or that has no usable answer."""

    code = "call_failed"


class InvalidArguments(CallError):
    """Values that do not fit the API, or that would leave their place in the request."""

    code = "invalid_arguments"

    def __init__(self, api_id: str, problems: Sequence[tuple[str, str]]) -> None:
        listed = "; ".join(f"{name}: {detail}" for name, detail in problems)
        super().__init__(f"{api_id!r} cannot be called with these values: {listed}.")
        self.api_id = api_id
        self.problems = tuple(problems)


class MissingCredential(CallError):
    """A credential that the API needs and that the operator has not set."""

    code = "missing_credential"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The credential {name!r} is not set. The operator sets it in SWITCHBOARD_CREDENTIALS, "
            f'as {{"{name}": "env:NAME_OF_A_VARIABLE"}}.'
        )
        self.name = name


class UnusableCredential(CallError):
    """A credential that is set, but that cannot stand in a request. Its value is never shown."""

    code = "unusable_credential"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The credential {name!r} cannot be used: {reason}.")
        self.name = name
        self.reason = reason


class SignInRefused(CallError):
    """What came back from a provider cannot be taken."""

    code = "sign_in_refused"
    cure = "Go back to the question, and take the link that it shows now."

    def __init__(self, reason: str) -> None:
        super().__init__(f"Signing in did not work: {reason}.")
        self.reason = reason


class NotRecorded(CallError):
    """The audit log cannot be written, so nothing that changes something is sent."""

    code = "not_recorded"

    def __init__(self, api_id: str, reason: str) -> None:
        super().__init__(f"{api_id!r} was not called, as that could not be recorded first: {reason}")
        self.api_id = api_id
        self.reason = reason


class EgressDenied(CallError):
    """The address is outside what the operator allows."""

    code = "egress_denied"

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"Refused to contact {host!r}: {reason}.")
        self.host = host
        self.reason = reason


class CallTimeout(CallError):
    """The total deadline of the call passed."""

    code = "timeout"

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host!r} gave no complete answer within {seconds:g} s.")
        self.host = host
        self.seconds = seconds


class CallUnreachable(CallError):
    """No connection, or one that broke before an answer came."""

    code = "unreachable"

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host!r} cannot be reached: {reason}.")
        self.host = host
        self.reason = reason


class UpstreamPaused(CallError):
    """Nothing is sent to an upstream for a while."""

    code = "upstream_paused"

    def __init__(self, host: str, reason: str, seconds: float) -> None:
        super().__init__(f"Nothing is sent to {host!r} for another {max(seconds, 1):.0f} s: {reason}.")
        self.host = host
        self.reason = reason
        self.seconds = seconds


class ResponseTooLarge(CallError):
    """The response was cut off at the limit."""

    code = "response_too_large"

    def __init__(self, host: str, limit_bytes: int) -> None:
        super().__init__(f"The answer of {host!r} is larger than {limit_bytes} bytes.")
        self.host = host
        self.limit_bytes = limit_bytes


class BrokenResponse(CallError):
    """An answer came that cannot be read, or that leads nowhere."""

    code = "broken_response"

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"The answer of {host!r} cannot be used: {reason}.")
        self.host = host
        self.reason = reason


class ToolFailed(CallError):
    """A Python function or an MCP tool was called, and said that it failed."""

    code = "tool_failed"

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"{target!r} failed: {reason}.")
        self.target = target
        self.reason = reason


class OutcomeUnknown(CallError):
    """A call that changes something was cut off after it was sent: it may have happened."""

    code = "outcome_unknown"

    def __init__(self, api_id: str, reason: str) -> None:
        super().__init__(f"It is not known whether {api_id!r} took effect: {reason}.")
        self.api_id = api_id
        self.reason = reason
