"""Kinds of arguments: how a parameter of that kind is called and described, its values, and how people say them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from demo_model.data import things, words
from demo_model.data import values as v
from demo_model.data.values import Sample
from demo_model.data.words import split

FILE = Path(__file__).parent / "kinds.txt"
"""A block per kind: `# kind type`, `n` names of parameters, `d` descriptions, `p` phrases that add a value."""


@dataclass(frozen=True)
class Kind:
    """`names` and `descriptions` are choices; `phrases` say a value (`{v}`) as an addition to a request."""

    type: str
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    phrases: tuple[str, ...]
    sample: Sample


SAMPLES: dict[str, Sample] = things.SAMPLES | {
    "city": v.plain(v.one_of(words.CITIES, 0.3)),
    "origin": v.plain(v.one_of(words.CITIES, 0.3)),
    "target": v.plain(v.one_of(words.CITIES, 0.3)),
    "country": v.plain(v.one_of(words.COUNTRIES, 0.15)),
    "address": v.plain(v.street),
    "person": v.plain(v.full_name),
    "recipient": v.plain(v.full_name),
    "email": v.plain(v.email),
    "phone": v.plain(
        lambda rng: rng.choice(
            (
                f"+{rng.randint(1, 99)} {rng.randint(100, 999)} {rng.randint(1000, 9999)}",
                f"555-{rng.randint(1000, 9999)}",
                f"0{rng.randint(100000, 9999999)}",
            )
        )
    ),
    "message": v.plain(v.sentence),
    "subject": v.plain(lambda rng: words.phrase(rng, 1, 3)),
    "query": v.plain(v.topic),
    "topic": v.plain(v.topic),
    "text": v.plain(v.sentence),
    "title": v.plain(
        lambda rng: rng.choice((words.phrase(rng, 1, 3), words.phrase(rng, 1, 3).capitalize(), v.sentence(rng)))
    ),
    "work": v.plain(lambda rng: rng.choice(words.TITLES) if rng.random() < 0.6 else words.phrase(rng, 1, 3).title()),
    "date": v.plain(v.date),
    "end": v.plain(v.date),
    "time": v.plain(v.clock),
    "zone": v.plain(
        lambda rng: rng.choice(
            (
                rng.choice(words.ZONES),
                rng.choice(words.CITIES),
                rng.choice(words.CITIES),
                rng.choice(words.COUNTRIES),
                f"UTC{rng.choice('+-')}{rng.randint(1, 12)}",
                words.proper(rng),
            )
        )
    ),
    "url": v.plain(v.url),
    "path": v.plain(v.path),
    "folder": v.plain(lambda rng: rng.choice((words.content_word(rng).split()[0], v.path(rng).rsplit(".", 1)[0]))),
    "id": v.plain(v.code),
    "language": v.plain(v.one_of(words.LANGUAGES, 0.12)),
    "currency": v.plain(lambda rng: rng.choice(words.CURRENCIES)),
    "base": v.plain(lambda rng: rng.choice(words.CURRENCIES)),
    "unit": v.plain(lambda rng: rng.choice(words.UNITS)),
    "from_unit": v.plain(lambda rng: rng.choice(words.UNITS)),
    "product": v.plain(v.lower_of(words.THINGS)),
    "food": v.plain(v.lower_of(words.FOODS, 0.15)),
    "place": v.plain(
        lambda rng: rng.choice(
            (
                f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}".title(),
                f"the {rng.choice(words.NOUNS)} {rng.choice(words.NOUNS)}".title(),
                words.proper(rng),
                f"{rng.choice(words.FIRST_NAMES)}'s",
            )
        )
    ),
    "company": v.plain(v.one_of(words.COMPANIES, 0.3)),
    "ticker": v.plain(
        lambda rng: (
            rng.choice(words.TICKERS)
            if rng.random() < 0.6
            else "".join(rng.choice("ABCDEFGHIKLMNOPRSTUVXYZ") for _ in range(rng.randint(2, 4)))
        )
    ),
    "song": v.plain(lambda rng: rng.choice(words.SONGS) if rng.random() < 0.6 else words.phrase(rng, 1, 3).title()),
    "artist": v.plain(v.one_of(words.ARTISTS, 0.3)),
    "genre": v.plain(lambda rng: rng.choice(words.GENRES)),
    "team": v.plain(v.one_of(words.TEAMS, 0.3)),
    "room": v.plain(lambda rng: rng.choice(words.ROOMS)),
    "device": v.plain(lambda rng: rng.choice(words.DEVICES) if rng.random() < 0.8 else words.phrase(rng, 1, 2)),
    "colour": v.plain(lambda rng: rng.choice(words.COLOURS)),
    "animal": v.plain(lambda rng: rng.choice(words.ANIMALS)),
    "word": v.plain(lambda rng: words.content_word(rng).split()[0]),
    "tag": v.plain(lambda rng: words.content_word(rng).split()[0]),
    "skill": v.plain(lambda rng: rng.choice(words.JOBS)),
    "days": v.whole(2, 14),
    "nights": v.whole(2, 14),
    "count": v.whole(2, 25),
    "few": v.whole(1, 10),
    "quantity": v.whole(2, 60),
    "people": v.whole(2, 16),
    "minutes": v.whole(2, 120),
    "hours": v.whole(2, 48),
    "percent": v.whole(0, 100),
    "year": v.whole(1900, 2035),
    "age": v.whole(2, 95),
    "number": v.whole(1, 9999),
    "rating": v.whole(1, 10),
    "amount": v.decimal(1, 5000),
    "price": v.decimal(5, 3000),
    "value": v.decimal(-50, 900),
    "degrees": v.decimal(-15, 35, 1),
    "weight": v.decimal(1, 150, 1),
    "height": v.decimal(20, 210, 1),
    "distance": v.decimal(1, 120, 1),
    "latitude": v.decimal(-89, 89, 3),
    "longitude": v.decimal(-179, 179, 3),
    "rate": v.decimal(0.5, 30, 1),
    "groceries": v.listed(v.lower_of(words.GROCERIES, 0.2)),
    "people_list": v.listed(v.full_name),
    "tags": v.listed(lambda rng: words.content_word(rng).split()[0]),
    "cities": v.listed(v.one_of(words.CITIES, 0.2)),
    "numbers": v.numbers,
    "tickers": v.listed(lambda rng: rng.choice(words.TICKERS)),
    "expression": lambda rng: v.expression(rng) if rng.random() < 0.6 else v.spoken_expression(rng),
    "code": v.plain(
        lambda rng: rng.choice(
            (
                f"print({rng.randint(1, 99)})",
                f"SELECT * FROM {words.syllables(rng)}",
                f"ls {v.path(rng)}",
                f"{words.letters(rng)} = {rng.randint(0, 99)}",
                f"echo {words.phrase(rng, 1, 2)}",
                f"DELETE FROM {rng.choice(words.NOUNS)}s WHERE id = {rng.randint(1, 999)}",
                f"import {words.syllables(rng)}",
            )
        )
    ),
}


def read_kind(block: str) -> tuple[str, Kind]:
    """A kind's name and the kind, from its block in the file."""
    head, names, descriptions, phrases = block.strip().split("\n")
    _, name, kind = head.split()
    lists = (split(names[2:]), split(descriptions[2:], " ; "), split(phrases[2:], " ; "))
    return name, Kind(kind, *lists, SAMPLES[name])


KINDS = dict(map(read_kind, FILE.read_text(encoding="utf-8").strip().split("\n\n")))
