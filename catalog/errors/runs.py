"""Failures of threads and their runs."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors.root import SwitchboardError


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
