"""Details of invented pages: prices, hours, people, places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import WEEKDAYS, as_money
from embedded_model.tool_dialogues.template import Values, names


def details(draw: Draw) -> Values:
    """Numbers that fit together."""
    number, pick = draw.number, draw.pick
    then, first_day = number(1965, 2023), number(1, 20)
    return {
        "since": number(2006, 2024),
        "opening_weekday": pick(WEEKDAYS[:5]),
        "opens": f"{pick(['8', '9', '10', '11'])}:{pick(['00', '30'])}",
        "closes": f"{pick([16, 17, 18, 19, 20, 21])}:{pick(['00', '30'])}",
        "adults": number(6, 24),
        "children": number(2, 5),
        "first_day": first_day,
        "last_day": first_day + number(1, 8),
        "price": number(12, 140) * 10 - 1,
        "hours": number(5, 40),
        "people": f"{number(2, 180)},{number(100, 999)}",
        "then": then,
        "length": number(82, 178),
        "goals": (goals := number(2, 5)),
        "against": number(0, goals - 1),
        "rank": number(1, 12),
        "kilometres": number(4, 28),
        "walk_hours": number(2, 9),
        "dishes": number(2, 14),
        "cheap": (cheap := number(15, 60)),
        "dear": cheap + number(20, 160),
        "salary": f"{number(23, 84)},{number(1, 9)}00",
        "version": f"{number(1, 12)}.{number(0, 9)}",
        "count": number(12, 480),
        "depth": number(20, 280),
        "stars": draw.real(3.4, 4.9, 1),
        "minutes": number(14, 95),
    }


def page_details(draw: Draw) -> Values:
    """More numbers, for pages that are read."""
    number = draw.number
    values = details(draw)
    values |= {
        "starts": draw.clock(8, 19),
        "serves": number(2, 8),
        "ready": number(15, 120),
        "week_hours": number(18, 40),
        "cost": as_money(draw.price(9, 380)),
        "delivery": number(2, 9),
        "climb": number(80, 1300),
        "weeks": number(4, 14),
        "grams": number(120, 1900),
        "every": draw.pick([5, 10, 12, 15, 20, 30]),
        "water_days": number(2, 12),
        "repot_years": number(2, 4),
        "millions": number(2, 80),
        "age": number(17, 34),
        "until": number(2026, 2031),
        "from_age": number(6, 12),
    }
    values["return_day"] = values["last_day"] + number(1, 3)
    return values


def _wanted(texts: Iterable[str], values: Values) -> Sequence[str]:
    return sorted(name for name in {name for text in texts for name in names(text)} if name not in values)


def add_words(values: Values, texts: Iterable[str], draw: Draw) -> None:
    """Adds a word for each other slot of the texts; `town2` is another town."""
    for name in _wanted(texts, values):
        pool = name if draw.knows(name) else name.rstrip("2")
        first = values.get(name[:-1]) if name.endswith("2") else None
        values[name] = draw.word(pool)
        while first is not None and values[name] == first:
            values[name] = draw.word(pool)


def add_different_words(values: Values, texts: Iterable[str], draw: Draw) -> None:
    """The same, with words that all differ within a pool."""
    for name in _wanted(texts, values):
        pool = name if draw.knows(name) else re.sub(r"\d$", "", name)
        taken = [value for key, value in values.items() if key.rstrip("23") == pool]
        for _ in range(50):
            values[name] = draw.word(pool)
            if values[name] not in taken:
                break
