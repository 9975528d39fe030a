"""Small rules of English: numbers in words, articles, plurals, lists, days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from embedded_model.tool_dialogues.text_files import read_lists, read_table, read_words

_LISTS = read_lists("grammar")
ONES = read_words(_LISTS["ones"])
TENS = read_words(_LISTS["tens"])
WEEKDAYS = read_words(_LISTS["weekdays"])
MONTHS = read_words(_LISTS["months"])
ENDINGS = {1: "st", 2: "nd", 3: "rd"}
SOUND_LIKE_CONSONANTS = tuple(read_words(_LISTS["a before a vowel"]))
WITHOUT_ON = ("tomorrow", "today", "tonight", "next ", "this ", "the day after", "in ", "yesterday", "last ")
SINGULAR_IN_S = read_words(_LISTS["singulars that end in s"])
WITHOUT_ARTICLE = read_words(_LISTS["without an article"])
SINGULARS = read_table(_LISTS["singulars"])
QUESTION_WORDS = frozenset(read_words(_LISTS["begin a question"]))


def in_words(number: int) -> str:
    """23 as "twenty-three"."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + ("-" + ONES[number % 10] if number % 10 else "")
    if number < 1000:
        return f"{ONES[number // 100]} hundred" + (f" and {in_words(number % 100)}" if number % 100 else "")
    return f"{in_words(number // 1000)} thousand" + (f" {in_words(number % 1000)}" if number % 1000 else "")


def in_figures(number: int | float) -> str:
    """A number with as many decimals as it needs, two at most."""
    if not isinstance(number, float):
        return str(number)
    if number == int(number):
        return str(int(number))
    return f"{number:.2f}" if abs(number * 10 - round(number * 10)) > 1e-6 else f"{number:.1f}"


def as_money(amount: float) -> str:
    """An amount with two decimals, or none."""
    return f"{amount:.2f}" if isinstance(amount, float) and amount != int(amount) else str(int(amount))


def article(word: str) -> str:
    """The word "a" or "an", as the word that follows sounds."""
    lower = word.lower()
    if lower[:1].isdigit():
        return "an" if re.match(r"(8|11|18)(\D|$)|8\d(\D|$)", lower) else "a"
    if lower.startswith(SOUND_LIKE_CONSONANTS):
        return "a"
    if lower.startswith(("hour", "honest", "heir")):
        return "an"
    return "an" if lower[:1] in "aeiou" else "a"


def with_article(words: str) -> str:
    """The words with "a" or "an" before them, unless they are a plural or something that is not counted."""
    last = words.lower().split(" with ")[0].split(" ")[-1]
    plural = last.endswith("s") and last not in SINGULAR_IN_S and not last.endswith("ss")
    return words if plural or last in WITHOUT_ARTICLE else f"{article(words)} {words}"


def joined(values: Iterable[Any], conjunction: str = "and") -> str:
    """A list as a sentence has it: "a, b and c"."""
    texts = [str(value) for value in values]
    if len(texts) < 2:
        return "".join(texts)
    return ", ".join(texts[:-1]) + f" {conjunction} {texts[-1]}"


def on_day(text: str) -> str:
    """The day with "on" before it, or "at" before a time, where English has it."""
    if re.match(r"\d{1,2}(:\d\d)? ?(am|pm)|\d\d?:\d\d", text):
        return "at " + text
    return text if text.lower().startswith(WITHOUT_ON) else "on " + text


def counted(number: float, unit: str) -> str:
    """A number with its unit; the unit is a word, or two with a slash between singular and plural."""
    singular, plural = unit.split("/") if "/" in unit else (unit, unit + "s")
    return f"{in_figures(number)} {singular if number == 1 else plural}"


def ordinal(day: int) -> str:
    """1 as "1st"."""
    if 10 <= day % 100 <= 20:
        return f"{day}th"
    return f"{day}{ENDINGS.get(day % 10, 'th')}"


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def uncapitalised(text: str) -> str:
    """The text with a small first letter."""
    return text[:1].lower() + text[1:]


def singular_after_one(text: str) -> str:
    """The text with "1 day" for "1 days"."""
    pattern = r"(?<![.,])\b(1|[Oo]ne) (" + "|".join(SINGULARS) + r")\b"
    return re.sub(pattern, lambda found: f"{found[1]} {SINGULARS[found[2]]}", text)


def with_stop(text: str) -> str:
    """The sentence with a full stop, if it has no end."""
    return text if text[-1:] in ".!?" else text + "."


def with_end(text: str) -> str:
    """The request with a question mark or a full stop, if it has no end."""
    if text[-1:] in ".!?":
        return text
    return text + ("?" if re.split(r"[\s,]", text.lower(), maxsplit=1)[0] in QUESTION_WORDS else ".")


def slug(text: str) -> str:
    """The text as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
