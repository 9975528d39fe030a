"""Tables of what is so, and sums on them: units, currencies, food, translations."""

from __future__ import annotations

import re
from collections.abc import Mapping

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.text_files import HELD_OUT, read_lists, read_table

_TABLES = read_lists("tables")
ROMAN_DIGITS = {
    "M": 1000,
    "CM": 900,
    "D": 500,
    "CD": 400,
    "C": 100,
    "XC": 90,
    "L": 50,
    "XL": 40,
    "X": 10,
    "IX": 9,
    "V": 5,
    "IV": 4,
    "I": 1,
}
LANGUAGES = ["French", "Spanish", "German", "Italian", "Portuguese", "Dutch", "Swedish"]


def keys(name: str, *, held_out: bool) -> list[str]:
    """What one of the two files may look up in a table."""
    return list(read_table(_TABLES.get(name + HELD_OUT if held_out else name, [])))


def _table(name: str) -> dict[str, str]:
    return read_table([*_TABLES.get(name, []), *_TABLES.get(name + HELD_OUT, [])])


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split(" > ")
    return first, second


FOODS = {name: tuple(float(number) for number in numbers.split()) for name, numbers in _table("foods").items()}
CURRENCIES = {name: float(number) for name, number in _table("currencies").items()}
UNITS = {_pair(units): float(number) for units, number in _table("units").items()}
TRANSLATIONS = {
    phrase: dict(zip(LANGUAGES, texts.split(" | "), strict=True)) for phrase, texts in _table("phrases").items()
}
DEFINITIONS = _table("definitions")
CORRECTIONS = _table("corrections")
LANGUAGE_OF = _table("languages")
RHYMES = {word: rhymes.split() for word, rhymes in _table("rhymes").items()}
POLLS = {question: options.split("/") for question, options in _table("polls").items()}
SUBSTITUTES = _table("substitutes")
BINS = _table("bins")


def nutrition(food: str, grams: float) -> Mapping[str, float]:
    """Energy, protein and fat of so much food."""
    energy, protein, fat = (value * grams / 100 for value in FOODS[food])
    return {"kcal": round(energy), "protein_g": round(protein, 1), "fat_g": round(fat, 1)}


def rate_between(base: str, quote: str, draw: Draw) -> float:
    """Today's rate, which is a little above or below the usual one."""
    rate = CURRENCIES[quote] / CURRENCIES[base] * draw.random.uniform(0.98, 1.02)
    return round(rate, 4) if rate < 10 else round(rate, 2)


def converted(value: float, unit: str, wanted: str) -> float:
    """The value in another unit."""
    if (unit, wanted) == ("celsius", "fahrenheit"):
        return round(value * 1.8 + 32, 1)
    if (unit, wanted) == ("fahrenheit", "celsius"):
        return round((value - 32) / 1.8, 1)
    return round(value * UNITS[unit, wanted], 2)


def roman(number: int) -> str:
    """The number in Roman digits."""
    found = ""
    for digit, value in ROMAN_DIGITS.items():
        found += digit * (number // value)
        number %= value
    return found


def solved(equation: str) -> int:
    """The x of an equation such as "3x + 4 = 10"."""
    found = re.fullmatch(r"(\d+)x ([+-]) (\d+) = (-?\d+)", equation)
    if found is None:
        raise ValueError(f"Not a linear equation: {equation!r}")
    factor, sign, summand, total = found.groups()
    return (int(total) - int(sign + summand)) // int(factor)
