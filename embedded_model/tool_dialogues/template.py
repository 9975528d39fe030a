"""The language in which requests and answers are written.

[one|other|]      one of these, or nothing
{city}            an argument; in an answer, an argument or a field of the result
{~city}           a word of the pool `city` that is no argument; `{~city2}` is another one
{date:on}         a value in one of the `FORMS`; `{title:low:a}` has two of them
{days:pl day}     "1 day", "3 days"; `{people:pl person/people}` gives both words
... || mode=quiet, fast=true     arguments that belong to this wording
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import (
    article,
    as_money,
    capitalised,
    counted,
    in_figures,
    joined,
    on_day,
    slug,
    uncapitalised,
    with_article,
)

Values: TypeAlias = dict[str, Any]
Given: TypeAlias = Mapping[str, Any]
"""The arguments of a call."""

SLOT = re.compile(r"\{(~?)([\w.]+)(?::([^}]*))?\}")
ALTERNATIVES = re.compile(r"\[((?!\d+\])[^\[\]]*)\]")
"""Square brackets, but not around a number: `[2]` in an answer names the second search result."""


class Slot(NamedTuple):
    """A place for a value."""

    loose: bool
    name: str
    form: str
    end: int


def slots(text: str) -> list[Slot]:
    """The slots of a text, in order."""
    return [_slot(found) for found in SLOT.finditer(text)]


def _slot(found: re.Match[str]) -> Slot:
    return Slot(bool(found[1]), found[2], found[3] or "", found.end())


def names(text: str) -> list[str]:
    """What a text has slots for, in order."""
    return [slot.name for slot in slots(text)]


def arguments_in(text: str) -> list[str]:
    """The arguments that a request names."""
    return [slot.name for slot in slots(text) if not slot.loose]


def choose(text: str, draw: Draw) -> str:
    """The text with one of each group of alternatives."""
    while found := ALTERNATIVES.search(text):
        text = text[: found.start()] + draw.pick(found[1].split("|")) + text[found.end() :]
    return text


def split_fixed(text: str) -> tuple[str, Values]:
    """A wording, and the arguments that belong to it."""
    if " || " not in text:
        return text, {}
    text, pairs = text.split(" || ")
    return text, {key: _value(value) for key, value in (pair.split("=") for pair in pairs.split(", "))}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def replace_slots(text: str, value_of: Callable[[Slot], str]) -> str:
    """The text with a value for each slot; "a {city}" becomes "an Oslo"."""
    written, last = "", 0
    for found in SLOT.finditer(text):
        written += text[last : found.start()]
        value = value_of(_slot(found))
        if re.search(r"(^|[\s(\"])[Aa] $", written) and article(value) == "an":
            written = written[:-1] + "n "
        written += value
        last = found.end()
    return written + text[last:]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with the values in its slots."""
    return replace_slots(text, lambda slot: show(values[slot.name], slot.form))


def lowered(text: str) -> str:
    """The text in small letters, with its slots as they are."""
    written, last = "", 0
    for found in SLOT.finditer(text):
        written += text[last : found.start()].lower() + found[0]
        last = found.end()
    return written + text[last:].lower()


def show(value: Any, form: str = "") -> str:
    """A value as text, in the forms that are named with colons between them."""
    for one in form.split(":") if form else []:
        value = counted(value, one[3:]) if one.startswith("pl ") else FORMS[one](value)
    return plain(value)


def plain(value: Any) -> str:
    """A value as text, in no special form."""
    if isinstance(value, (list, tuple)):
        return joined(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return in_figures(value) if isinstance(value, (int, float)) else str(value)


def _steps(values: Sequence[str]) -> str:
    return " ".join(f"{number}. {value}" for number, value in enumerate(values, start=1))


FORMS: Mapping[str, Callable[[Any], str]] = {
    "a": lambda value: f"{article(plain(value))} {plain(value)}",
    "an": lambda value: with_article(str(value)),
    "on": lambda value: on_day(plain(value)),
    "cap": lambda value: capitalised(plain(value)),
    "low": lambda value: uncapitalised(plain(value)),
    "title": lambda value: plain(value).title().replace("'S", "'s"),
    "us": lambda value: plain(value).replace("_", " "),
    "pos": lambda value: plain(value) + ("'" if plain(value).endswith("s") else "'s"),
    "mon": as_money,
    "list": joined,
    "or": lambda value: joined(value, "or"),
    "isare": lambda value: "is" if value == 1 else "are",
    "num": lambda value: plain(value[0] if isinstance(value, list) else value),
    "abs": lambda value: in_figures(abs(value)),
    "raw": json.dumps,
    "steps": _steps,
    "slug": lambda value: slug(str(value)),
}
"""How a value may be shown: with "a" (`an`: unless it is a plural), with "on", capitalised, with a small first letter,
as a title, without underscores, as a possessive, as money, as a list with "and" or "or", as "is" or "are", as the first
of a list, without a sign, as JSON, as numbered steps, as a part of an address."""


def names_of(values: Mapping[str, Any], before: str = "") -> Values:
    """Flat names for a template: `x0.name` for a field of the first in the list x, `x0` for that itself, `x.name`."""
    found: Values = {}
    for key, value in values.items():
        found[before + key] = value
        found |= {before + key + name: part for name, part in _parts(value).items()}
    return found


def _parts(value: Any) -> Values:
    """The fields of an object, or of the objects in a list, or the list's values."""
    if isinstance(value, dict):
        return {f".{name}": part for name, part in value.items()}
    parts: Values = {}
    for at, one in enumerate(value if isinstance(value, (list, tuple)) else ()):
        inner = _parts(one) if isinstance(one, dict) else {"": one}
        parts |= {f"{at}{name}": part for name, part in inner.items()}
    return parts
