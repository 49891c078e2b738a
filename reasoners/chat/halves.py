"""Models write halves of characters (`\\ud83d` alone); no file, database or request can hold them."""

from __future__ import annotations

import json
import re
from typing import cast

from reasoners.chat.driver import Arguments, Unreadable

_HALF = re.compile("[\ud800-\udfff]")


def whole_text(text: str) -> str:
    """The text with a mark (U+FFFD) for each half, and two halves that belong together as one character."""
    return text if _is_whole(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_arguments(arguments: Arguments) -> Arguments:
    """The same for all texts in them. Raises Unreadable for what is nested without end."""
    try:
        written = json.dumps(arguments, ensure_ascii=False)
    except RecursionError:
        raise Unreadable("The arguments are nested too deeply.") from None
    return arguments if _is_whole(written) else cast(Arguments, json.loads(whole_text(written), strict=False))


def _is_whole(text: str) -> bool:
    return not _HALF.search(text)
