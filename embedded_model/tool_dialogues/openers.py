"""What stands before, around and after a request: greetings, "could you", thanks."""

from __future__ import annotations

import re

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import MONTHS, WEEKDAYS, capitalised, uncapitalised
from embedded_model.tool_dialogues.text_files import HELD_OUT, read_lists, read_words

_LISTS = read_lists("openers")
VERBS = frozenset(read_words(_LISTS["verbs"]))
"""Verbs with which a command begins."""


def _pick(name: str, draw: Draw) -> str:
    return draw.pick(_LISTS[name + HELD_OUT if draw.held_out else name])


def first_word(text: str) -> str:
    """The first word in small letters."""
    return re.split(r"[\s,]", text.lower(), maxsplit=1)[0].strip(".:")


def within_sentence(text: str, wording: str) -> str:
    """The request with a small first letter, unless its first word is a name, a code or "I"."""
    first = re.split(r"[\s,.:;?!]", text, maxsplit=1)[0]
    keeps = (
        wording.startswith("{")
        or first in ("I", "I'm", "I'd", "I've", "I'll")
        or (not first.isalpha() and "'" not in first)
        or (first.isupper() and len(first) > 1)
        or first in WEEKDAYS + MONTHS
    )
    return text if keeps else uncapitalised(text)


def decorated(text: str, wording: str, draw: Draw, *, lower: bool) -> str:
    """The request, in about half of the cases with something before, around or after it."""
    share = draw.fraction()
    if share < 0.48:
        return text
    command = _is_command(text, wording)
    polite = "please" in text.lower()
    if command and share < 0.80 and not polite and "thank" not in text.lower():
        framed = _pick("frames", draw).format(uncapitalised(text).rstrip(".!"))
        return uncapitalised(framed) if lower else framed
    if share < 0.62 and not wording.startswith("{"):
        greeted = f"{_pick('greetings', draw)} {within_sentence(text, wording)}"
        return uncapitalised(greeted) if lower else greeted
    if share < 0.70:
        return _led(text, wording, draw, lower=lower)
    if share < 0.82 and text.endswith(("?", ".")):
        thanks = _pick("thanks", draw)
        return f"{text} {thanks.lower() if lower else thanks}"
    if share < 0.90 and command and text.endswith(".") and not polite:
        return _pick("endings", draw).format(text[:-1]) + draw.pick([".", ""])
    return text


def _led(text: str, wording: str, draw: Draw, *, lower: bool) -> str:
    lead = _pick("leads", draw)
    if lower:
        return f"{lead.lower()} {text}"
    if lead.endswith("."):
        return f"{lead} {text if wording.startswith('{') else capitalised(text)}"
    return f"{lead} {within_sentence(text, wording) if draw.chance(0.5) else text}"


def _is_command(text: str, wording: str) -> bool:
    one_sentence = not re.search(r"[.!?:] \S", text) and "\n" not in text
    return first_word(text) in VERBS and one_sentence and not text.endswith("?") and not wording.startswith("{")
