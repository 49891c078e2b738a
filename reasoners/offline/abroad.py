"""What is read from a question in another language than English, whose verbs nobody lists here."""

from __future__ import annotations

import re

from catalog.languages import language_of
from catalog.tokens import STOP_WORDS, fold, typed_in

# How one says that one would like something. By hand: German, Spanish, French, Italian, Portuguese, Russian, Arabic.
WISHES = frozenset(
    """
    möchte möchten will wollen würde würden hätte brauche brauchen bitte gern gerne könnte könnten könntest kannst
    quiero quiere quisiera necesito necesitamos deseo desearía gustaría favor puede podría
    veux veuillez voudrais voulons souhaite souhaiterais besoin aimerais plaît plait peux pouvez pourriez
    voglio vorrei vorremmo bisogno favore posso puoi può potresti
    quero queria preciso precisamos gostaria pode poderia
    хочу хотим хотел хотела нужно нужен нужна нужны надо прошу пожалуйста можете можно могу
    أريد اريد نريد أحتاج احتاج نحتاج أرغب ارغب أود اود فضلك رجاء يمكنك يمكن هل
    """.split()  # noqa: SIM905
)

_OTHER_SCRIPT = re.compile(r"[^\W\d_\u0000-\u024f]")
_QUESTION = re.compile(r"[?？؟]\s*$")


def wished_abroad(text: str) -> bool:
    """Whether it is no English, and says what is wanted: who asks ("Wie kann ich ...?") only wants to know."""
    if _QUESTION.search(text):
        return False
    return _OTHER_SCRIPT.search(text) is not None or bool(language_of(map(fold, typed_in(text)), STOP_WORDS))
