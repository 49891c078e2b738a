"""How an agent chooses: it is shown the best page, and sees more only if it asks, which costs it a turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from catalog.errors import ReasonerError, SoftLimitReached
from catalog.store import Hit
from reasoners.chat.showing import cut
from reasoners.projection import CUT
from reasoners.protocol import NOTHING_MORE, ChoiceLevel, Chosen, Look, More, Option, Reasoner

LOOKS = 1
"""Searches and descriptions for the agents of one path, from the meta agent down: what one took, others have not."""
TURNS = 6
"""Of one agent. Pages double, so the sixth reaches past a thousand tools."""
PAGE = {"group": 2_000, "category": 1_200, "tool": 1_100, "api": 1_450}
"""Characters of a model's first page, names and texts: about half of a request."""
PAGE_OF_WORDS = 12_000
"""The same where words are matched and nobody is paid by the character."""
NAMES = {"category": 1.0, "tool": 0.65, "api": 0.6, "group": 0.5}
"""Share of a page that names alone may take, so that more can be offered than is told of."""
FEWEST = 3
NAME = 25  # characters of a name in a list, where what ids have in common is said once
TEXT, LONGEST_TEXT = 70, 300

Find = Callable[[str], Awaitable[Sequence[Hit]]]
Tell = Callable[[Sequence[str]], Awaitable[Sequence[Option]]]


@dataclass(frozen=True)
class Offer:
    """All that an agent may choose from."""

    level: ChoiceLevel
    options: Sequence[Option]
    """Best first, by the index."""
    find: Find | None = None
    """Options by other words, best first."""
    tell: Tell | None = None
    """The options of some ids, with all that is known of them."""


@dataclass
class Browsed:
    """What an agent saw and chose."""

    ids: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    """What it asked to see."""
    reason: str = ""
    made_up: int = 0
    looks: int = 0
    """How many are left for the agents below."""
    stopped: ReasonerError | None = None
    """What kept it from looking further; what it had chosen until then counts."""

    def facts(self) -> dict[str, object]:
        """For the trace."""
        facts: dict[str, object] = {"offered": self.offered, "reason": self.reason}
        if self.looked:
            facts["looked"] = self.looked
        if self.made_up:
            facts["made_up"] = self.made_up
        return facts

    def take(self, chosen: Chosen, limit: int) -> None:
        self.ids = list(dict.fromkeys([*self.ids, *chosen.ids]))[:limit]
        self.reason = chosen.reason or self.reason
        self.made_up += chosen.made_up


def room_for(level: ChoiceLevel, *, has_model: bool) -> int:
    return PAGE[level] if has_model else PAGE_OF_WORDS


async def browse(
    offer: Offer,
    query: str,
    reasoner: Reasoner,
    *,
    limit: int,
    avoid: str = "",
    looks: int = 0,
    found: Sequence[str] = (),
    room: int,
) -> Browsed:
    """At most `limit` options. Raises ReasonerError if not even the first page was answered."""
    seen = Browsed(looks=looks)
    shown = page(offer, offer.options, room)
    for turn in range(TURNS):
        seen.offered += [option.id for option in shown if option.id not in seen.offered]
        more, known = _more(offer, shown, seen, last=turn + 1 == TURNS), [*found, *seen.ids]
        try:
            chosen = await reasoner.choose(
                query, shown, level=offer.level, limit=limit, avoid=avoid, more=more, found=known
            )
        except ReasonerError as error:
            if not turn or isinstance(error, SoftLimitReached):
                raise
            return replace(seen, stopped=error)
        seen.take(chosen, limit)
        shown = await _next(offer, chosen.look, shown, seen, room := room * 2) if chosen.look else []
        if not shown:
            break
    return seen


def _more(offer: Offer, shown: Sequence[Option], seen: Browsed, *, last: bool) -> More:
    if last:
        return NOTHING_MORE
    hidden = len(offer.options) - len(seen.offered)
    return More(
        hidden=hidden,
        search=hidden > 0 and seen.looks > 0 and offer.find is not None,
        describe=seen.looks > 0 and offer.tell is not None and any(_cut_short(option) for option in shown),
    )


def _cut_short(shown: Option) -> bool:
    """Whether there is more to be told of it."""
    return not shown.text or shown.text.endswith(CUT)


async def _next(offer: Offer, look: Look, shown: Sequence[Option], seen: Browsed, room: int) -> list[Option]:
    """What was asked for: described entries, those that the words find, or the next page.

    What was listed before and not chosen can still be chosen. Beside a new page it is only named again; beside entries
    that are described it stands as it was, to compare. Who has chosen nothing yet and finds nothing new decides on it.
    """
    seen.looked.append(_said(look))
    seen.looks -= bool(look.search or look.describe)
    told = list(await offer.tell(look.describe)) if look.describe and offer.tell else []
    rest = [option for option in offer.options if option.id not in seen.offered]
    if look.search and offer.find:
        places = {hit.id: place for place, hit in enumerate(await offer.find(look.search))}
        rest.sort(key=lambda option: places.get(option.id, len(places)))
        rest = rest if look.next_page else [option for option in rest if option.id in places]
    fresh = told + (page(offer, rest, room) if look.search or look.next_page else [])
    known = {*seen.ids, *(option.id for option in fresh)}
    texts = {option.id: option.text for option in shown} if not (look.search or look.next_page) else {}
    earlier = [option for option in offer.options if option.id in seen.offered and option.id not in known]
    if not fresh:
        return [] if seen.ids else page(offer, earlier, room)
    return [*fresh, *(replace(option, text=texts.get(option.id, "")) for option in earlier)]


def _said(look: Look) -> str:
    asked = [f"search {look.search!r}"] if look.search else []
    asked += [f"describe {', '.join(look.describe)}"] if look.describe else []
    return "; ".join([*asked, *(["next page"] if look.next_page else [])])


def page(offer: Offer, options: Sequence[Option], room: int) -> list[Option]:
    """As many of them as names fill their share of the room, and to the best of these as much text as is left."""
    shown = options[: _fitting([_name(option) for option in options], room * NAMES[offer.level])]
    left = room - sum(_name(option) for option in shown)
    each = min(LONGEST_TEXT, max(TEXT, left // max(1, len(shown)) - NAME))
    told = []
    for option in shown:
        cost = _line(option, each) if option.text else 0
        told.append(replace(option, text=cut(option.text, each) if cost <= left else ""))
        left -= cost if cost <= left else 0
    return told


def _name(option: Option) -> int:
    return len(option.id) + 4


def _line(option: Option, text: int) -> int:
    """Of a line in the list, where ids stand below their common beginning."""
    return len(option.id.rpartition("/")[2]) + min(len(option.text), text) + 5


def _fitting(costs: Sequence[int], room: float) -> int:
    """How many fit; a few always do."""
    return max(FEWEST, sum(spent <= room for spent in accumulate(costs)))
