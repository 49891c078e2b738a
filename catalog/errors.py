"""Every failure of the project, seen on one screen.

SwitchboardError
 ├── SettingsError                a setting is missing or wrong: which
 ├── CatalogError
 │    ├── UnreadableDocument      a catalog document cannot be read: where, and what is wrong
 │    ├── UnknownFormat           no importer knows it
 │    ├── NoSuchEntry             an id or name that is not in the catalog
 │    ├── EntryExists             an id that another source holds already
 │    ├── StaleEntry              the entry was changed since it was read (ETag)
 │    ├── SourceRefused           a URL from which nothing may be fetched
 │    ├── SourceUnavailable       a URL that gave no document
 │    └── StoreUnavailable        the data folder cannot be read or written, or its schema is newer than we are
 ├── ReasonerError
 │    ├── ModelUnavailable        the model endpoint failed, after retries
 │    ├── MalformedAnswer         the model's answer cannot be used, after one repair
 │    └── BudgetExhausted         a limit of the run is reached: which
 │         └── SoftLimitReached   the operator's limit at which a person is asked whether to go on
 ├── CallError                    a request that was not made, or has no usable answer
 │    ├── InvalidArguments        values that do not fit the API, or would leave their place
 │    ├── MissingCredential       the operator has not set it
 │    ├── UnusableCredential      it is set, but cannot stand in a request
 │    ├── SignInRefused           what came back from a provider is not what a person was sent there for
 │    ├── NotRecorded             what changes something is not sent where the audit log cannot be written
 │    ├── EgressDenied            the address is outside what the operator allows
 │    ├── CallTimeout             the total deadline passed
 │    ├── CallUnreachable         no connection
 │    ├── UpstreamPaused          nothing is sent there for a while: it failed too often, or asked for a pause
 │    ├── ResponseTooLarge        cut off at the limit
 │    ├── BrokenResponse          an answer came that cannot be read
 │    ├── ToolFailed              a function or an MCP tool ran, and said that it failed
 │    └── OutcomeUnknown          a changing call was cut off: it may have happened
 └── RunError
      ├── NoSuchThread
      ├── TakenOver               another process works on this thread now: who was too slow does nothing more
      ├── CheckpointGone          a thread that waits cannot go on: what it had found out is lost
      ├── ThreadExists
      ├── ThreadBusy              a run of this thread is under way
      ├── QuestionClosed          an answer to a question that is not open (any more)
      ├── InvalidAnswer           an answer with a field that no open question has
      ├── InvalidQuery            a query that cannot be run as asked
      ├── Stopping                the service is told to end, and takes nothing new
      ├── KeyReused               an Idempotency-Key that came with another request before
      └── KeyInUse                the request that came first with this Idempotency-Key is still being worked on
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

LimitName = Literal["max_llm_calls", "max_tokens", "max_cost_usd", "deadline_seconds"]


class SwitchboardError(Exception):
    """Built from facts, and keeps them; the message is for people, `code` is for programs."""

    code: ClassVar[str] = "error"
    cure: ClassVar[str] = ""
    """The next thing to try, as a sentence; empty where the message says it."""


class SettingsError(SwitchboardError):
    """A setting is missing or wrong."""

    code = "settings_error"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Setting {name}: {reason}.")
        self.name = name
        self.reason = reason


class CatalogError(SwitchboardError):
    """The catalog cannot do what was asked."""

    code = "catalog_error"


class UnreadableDocument(CatalogError):
    """A document, or one record of it, cannot be read."""

    code = "unreadable_document"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class UnknownFormat(CatalogError):
    """No importer knows this format."""

    code = "unknown_format"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"Unknown catalog format {name!r}. Known are: {', '.join(known)}.")
        self.name = name
        self.known = tuple(known)


class NoSuchEntry(CatalogError):
    """Nothing in the catalog has this id or name."""

    code = "no_such_entry"

    def __init__(self, level: str, name: str) -> None:
        super().__init__(f"The catalog has no {level} {name!r}.")
        self.level = level
        self.name = name


class EntryExists(CatalogError):
    """Another source holds an entry of this id."""

    code = "entry_exists"

    def __init__(self, entry_id: str, source: str) -> None:
        super().__init__(f"{entry_id!r} exists already, from source {source!r}.")
        self.entry_id = entry_id
        self.source = source


class StaleEntry(CatalogError):
    """The entry was changed by someone else since it was read."""

    code = "stale_entry"

    def __init__(self, api_id: str, current: str) -> None:
        super().__init__(f"{api_id!r} has changed since you read it. Read it again and repeat the change.")
        self.api_id = api_id
        self.current = current


class SourceRefused(CatalogError):
    """A URL from which this service may not fetch."""

    code = "source_refused"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"This service may not fetch from {host!r}. Send the document itself as `document`, or let the "
            f"operator allow the host: SWITCHBOARD_IMPORT_HOSTS='[\"{host}\"]'."
        )
        self.host = host


class SourceUnavailable(CatalogError):
    """A URL that gave no document."""

    code = "source_unavailable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"Nothing could be fetched from {source!r}: {reason}.")
        self.source = source
        self.reason = reason


class StoreUnavailable(CatalogError):
    """The data folder or database cannot be used."""

    code = "store_unavailable"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"Cannot use {where}: {reason}.")
        self.where = where
        self.reason = reason


class ReasonerError(SwitchboardError):
    """No decision could be had."""

    code = "reasoner_error"


class ModelUnavailable(ReasonerError):
    """The model endpoint failed, after retries."""

    code = "model_unavailable"
    cure = "Check OPENAI_BASE_URL, OPENAI_API_KEY and SWITCHBOARD_MODEL, or set SWITCHBOARD_REASONER=offline."

    def __init__(self, reason: str) -> None:
        super().__init__(f"The model could not be asked: {reason}.")
        self.reason = reason


class MalformedAnswer(ReasonerError):
    """The model's answer cannot be used, after one repair."""

    code = "malformed_answer"

    def __init__(self, prompt: str, problem: str, received: str) -> None:
        super().__init__(f"The model's answer to {prompt!r} cannot be used: {problem}. Received: {received[:300]!r}.")
        self.prompt = prompt
        self.problem = problem
        self.received = received


class BudgetExhausted(ReasonerError):
    """A limit of the run is reached."""

    code = "budget_exhausted"

    def __init__(self, limit: str) -> None:
        super().__init__(f"The run reached its limit {limit!r}.")
        self.limit = limit


class SoftLimitReached(BudgetExhausted):
    """A limit at which a person is asked whether to go on; nothing is lost by then."""

    code = "soft_limit_reached"
    limit: LimitName

    def __init__(self, limit: LimitName, needed: float) -> None:
        super().__init__(limit)
        self.needed = needed
        """What the limit would have to be for the next thing to be done."""


class EmbeddingFailed(CatalogError):
    """No vectors came from the model that makes them, or none that can be used."""

    code = "embedding_failed"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The model of vectors {where!r} cannot be used: {reason}.")
        self.where = where
        self.reason = reason


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


class RunError(SwitchboardError):
    """A thread cannot do what was asked."""

    code = "run_error"


class NoSuchThread(RunError):
    """No thread of this tenant has this id."""

    code = "no_such_thread"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"There is no thread {thread_id!r}.")
        self.thread_id = thread_id


class NoSuchPlace(RunError):
    """A response, or a place in it, that is not there."""

    code = "no_such_place"

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"There is no {place!r}: {why}.")
        self.place = place


class TakenOver(RunError):
    """Another process has taken over this thread, or a person cancelled it: this run may not act any more."""

    code = "taken_over"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"The run of thread {thread_id!r} was taken over or cancelled, and does nothing more.")
        self.thread_id = thread_id


class CheckpointGone(RunError):
    """What a waiting thread had found out is lost, so that it cannot go on."""

    code = "checkpoint_gone"
    cure = "Ask again, as a new question."

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"What thread {thread_id!r} had found out is gone from the store of checkpoints.")
        self.thread_id = thread_id


class ThreadExists(RunError):
    """A new query asked for a thread id that is taken."""

    code = "thread_exists"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"The thread {thread_id!r} exists already. Leave thread_id out, or take a new one.")
        self.thread_id = thread_id


class ThreadBusy(RunError):
    """A run of this thread is under way."""

    code = "thread_busy"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"A run of thread {thread_id!r} is under way. Wait for it: GET /threads/{thread_id}.")
        self.thread_id = thread_id


class QuestionClosed(RunError):
    """An answer to a question that is not open, or not any more."""

    code = "question_closed"

    def __init__(self, thread_id: str, asked: Sequence[str], still_open: Sequence[str]) -> None:
        told = f"Open are: {', '.join(still_open)}" if still_open else "It asks nothing, or nothing any more"
        super().__init__(f"Thread {thread_id!r} does not ask {', '.join(asked) or 'anything'}. {told}.")
        self.thread_id = thread_id
        self.asked = tuple(asked)
        self.still_open = tuple(still_open)


class InvalidAnswer(RunError):
    """An answer whose form does not fit the question. Nothing of it was taken."""

    code = "invalid_answer"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {detail}" if pointer else detail for pointer, detail in problems))
        self.problems = tuple(problems)
        """Pairs of JSON pointer into the request body, and what is wrong there."""


class InvalidQuery(RunError):
    """A query that cannot be run as asked. Nothing was run."""

    code = "invalid_query"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {detail}" if pointer else detail for pointer, detail in problems))
        self.problems = tuple(problems)


class Stopping(RunError):
    """The service ends; what it accepted before goes on, here or elsewhere."""

    code = "stopping"

    def __init__(self) -> None:
        super().__init__("The service is stopping, and takes nothing new. Try again in a moment.")


class KeyReused(RunError):
    """An Idempotency-Key is for one request."""

    code = "idempotency_key_reused"
    cure = "Take a new key for a new request."

    def __init__(self, key: str) -> None:
        super().__init__(f"The Idempotency-Key {key!r} came with another request before.")
        self.key = key


class KeyInUse(RunError):
    """The first request with this key has no answer yet."""

    code = "idempotency_key_in_use"

    def __init__(self, key: str, thread_id: str) -> None:
        super().__init__(
            f"The request that came first with the Idempotency-Key {key!r} is still being worked on. Send the same "
            f"again in a while, or see GET /threads/{thread_id}."
        )
        self.key = key
        self.thread_id = thread_id
