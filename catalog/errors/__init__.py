"""Every failure of the project, seen on one screen.

SwitchboardError                  root.py
 ├── SettingsError                root.py: a setting is missing or wrong: which
 ├── CatalogError                 entries.py: the catalog cannot do what was asked
 │    ├── UnreadableDocument      a catalog document cannot be read: where, and what is wrong
 │    ├── UnknownFormat           no importer knows it
 │    ├── NoSuchEntry             an id or name that is not in the catalog
 │    ├── EntryExists             an id that another source holds already
 │    ├── StaleEntry              the entry was changed since it was read (ETag)
 │    ├── SourceRefused           a URL from which nothing may be fetched
 │    ├── SourceUnavailable       a URL that gave no document
 │    ├── EmbeddingFailed         no vectors came from the model that makes them, or none that can be used
 │    └── StoreUnavailable        the data folder cannot be read or written, or its schema is newer than we are
 ├── ReasonerError                decisions.py: no decision could be had
 │    ├── ModelUnavailable        the model endpoint failed, after retries
 │    ├── MalformedAnswer         the model's answer cannot be used, after one repair
 │    └── BudgetExhausted         a limit of the run is reached: which
 │         └── SoftLimitReached   the operator's limit at which a person is asked whether to go on
 ├── CallError                    calls.py: a request that was not made, or has no usable answer
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
 └── RunError                     runs.py: a thread cannot do what was asked
      ├── NoSuchThread
      ├── NoSuchPlace             a response, or a place in it, that is not there
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

from catalog.errors.calls import (
    BrokenResponse,
    CallError,
    CallTimeout,
    CallUnreachable,
    EgressDenied,
    InvalidArguments,
    MissingCredential,
    NotRecorded,
    OutcomeUnknown,
    ResponseTooLarge,
    SignInRefused,
    ToolFailed,
    UnusableCredential,
    UpstreamPaused,
)
from catalog.errors.decisions import (
    BudgetExhausted,
    LimitName,
    MalformedAnswer,
    ModelUnavailable,
    ReasonerError,
    SoftLimitReached,
)
from catalog.errors.entries import (
    CatalogError,
    EmbeddingFailed,
    EntryExists,
    NoSuchEntry,
    SourceRefused,
    SourceUnavailable,
    StaleEntry,
    StoreUnavailable,
    UnknownFormat,
    UnreadableDocument,
)
from catalog.errors.root import (
    SettingsError,
    SwitchboardError,
)
from catalog.errors.runs import (
    CheckpointGone,
    InvalidAnswer,
    InvalidQuery,
    KeyInUse,
    KeyReused,
    NoSuchPlace,
    NoSuchThread,
    QuestionClosed,
    RunError,
    Stopping,
    TakenOver,
    ThreadBusy,
    ThreadExists,
)

__all__ = [
    "BrokenResponse",
    "BudgetExhausted",
    "CallError",
    "CallTimeout",
    "CallUnreachable",
    "CatalogError",
    "CheckpointGone",
    "EgressDenied",
    "EmbeddingFailed",
    "EntryExists",
    "InvalidAnswer",
    "InvalidArguments",
    "InvalidQuery",
    "KeyInUse",
    "KeyReused",
    "LimitName",
    "MalformedAnswer",
    "MissingCredential",
    "ModelUnavailable",
    "NoSuchEntry",
    "NoSuchPlace",
    "NoSuchThread",
    "NotRecorded",
    "OutcomeUnknown",
    "QuestionClosed",
    "ReasonerError",
    "ResponseTooLarge",
    "RunError",
    "SettingsError",
    "SignInRefused",
    "SoftLimitReached",
    "SourceRefused",
    "SourceUnavailable",
    "StaleEntry",
    "Stopping",
    "StoreUnavailable",
    "SwitchboardError",
    "TakenOver",
    "ThreadBusy",
    "ThreadExists",
    "ToolFailed",
    "UnknownFormat",
    "UnreadableDocument",
    "UnusableCredential",
    "UpstreamPaused",
]
