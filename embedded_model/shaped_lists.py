"""Texts that list things, and the lists in them: what `shaped_dialogues.py` asks for as JSON arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from embedded_model.shaped_words import WORDS

MOST_ITEMS = 5
JOINS: tuple[Callable[[Sequence[str]], str], ...] = (
    lambda items: f"{', '.join(items[:-1])} and {items[-1]}",
    lambda items: f"{', '.join(items[:-1])} and {items[-1]}",
    lambda items: ", ".join(items),
    lambda items: "; ".join(items),
    lambda items: " and ".join(items),
    lambda items: f"{', '.join(items[:-1])} as well as {items[-1]}",
)
LISTS: dict[str, tuple[str, str]] = {
    "first": (
        "I'd like to bring along {}.|Signed up so far: {}|This week {} have the key.|{} missed the bus.|"
        "Send a card to {}.|The prize is shared by {}.|My cousins are {}.|Night shift: {}",
        "people names members who party",
    ),
    "town": (
        "The bus stops in {}.|We have offices in {}.|Rain is expected in {}.|From here you can drive to {}.|"
        "The tour leads through {}.|Delivered to: {}",
        "towns stops cities places",
    ),
    "food": (
        "We're out of {}.|For the salad you need {}.|The cupboard holds {}.|Please get {} on the way.|{} are on offer.|"
        "It contains {}.",
        "foods needed groceries shopping_list items",
    ),
    "thing": (
        "The van is full of {}.|{} are sold out.|Left in the hall: {}|They donated {}.|"
        "On the upper shelf you'll find {}.",
        "things products contents articles",
    ),
    "one": ("We have to carry a {} downstairs.|For sale: {}|Insured are the {}.", "objects items goods"),
    "colour": (
        "The jumper can be had in {}.|She mixed {}.|Our walls are {}.|Crayons left: {}",
        "shades colours available_colours",
    ),
    "day": ("The market is held on {}.|I can work on {}.|Closed on {}", "days weekdays working_days"),
    "month": ("They nest in {}.|The shop makes a loss in {}.|Holidays are in {}.", "months when"),
    "pet": ("The vet saw {} today.|Our animals are called {}.|{} sleep in the kitchen.", "pets animals animal_names"),
    "language": ("She speaks {}.|The leaflet is printed in {}.|Classes: {}", "languages spoken tongues"),
    "sport": ("You can do {} here.|I've tried {}.|Cancelled this week: {}", "sports activities courses"),
    "company": ("Offers came from {}.|We buy from {}.|The stand is shared by {}.", "companies firms suppliers bidders"),
    "title": ("On my desk are {}.|Returned today: {}|I never finished {}.", "books titles works"),
    "street": ("No cars in {} today.|The postman starts with {}.|Flooded: {}", "streets roads"),
    "job": ("They are looking for a {}.|The firm employs a {}.", "jobs professions vacancies"),
    "dish": ("Today's dishes are {}.|Grandma always made {}.", "menu dishes meals"),
}
"""By the words listed: what is said of them, and keys that such a list can have."""
NUMBER_LISTS = (
    "The dice showed {}.|We counted {}.|Readings: {}|My lucky numbers are {}.|The sizes in stock are {}.|"
    "Pages {} are torn.",
    "readings values counts figures marks",
)
RECORDS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("{first} is {n}", "{}.|Ages: {}|In this family {}.", "children family people", {"name": "first", "age": "n"}),
    (
        "{few} {thing}",
        "We sent {}.|There are {} left.|In stock: {}",
        "stock order parcels",
        {"article": "thing", "number": "few"},
    ),
    ("{n} {thing}", "Order {}.|The list says {}.|{}, please", "order lines", {"product": "thing", "quantity": "n"}),
    ("{first} ({job})", "On duty: {}|At our table sit {}.", "staff table", {"who": "first", "profession": "job"}),
    ("{first} from {town}", "We heard from {}.|Winners: {}", "callers winners", {"name": "first", "home": "town"}),
    (
        "{event} on {day}",
        "There is {}.|Coming up: {}|Don't forget {}.",
        "events calendar",
        {"what": "event", "on": "day"},
    ),
    ("{dish} for {price}", "We serve {}.|Menu: {}", "menu dishes", {"dish": "dish", "price": "price"}),
    ("{town} is {k} km away", "{}.|Signpost: {}", "distances signs", {"town": "town", "km": "k"}),
    (
        "{pet} the {animal}",
        "Here live {}.|The vet treated {}.",
        "animals patients",
        {"name": "pet", "species": "animal"},
    ),
    ("{team} has {n} points", "{}.|The table: {}", "table teams", {"club": "team", "points": "n"}),
    (
        "{first} speaks {language}",
        "{}.|Of the guides, {}.",
        "guides interpreters",
        {"guide": "first", "speaks": "language"},
    ),
    ("the {one} in {colour}", "They took {}.|Sold: {}", "sold things", {"object": "one", "colour": "colour"}),
    ("{first} paid {k}", "{}.|So far {}.", "payments", {"payer": "first", "amount": "k"}),
)
"""How one is said, what is said of all, keys of the list, and the fields with the words that they have."""
NUMBERS = {"n": (11, 99), "k": (100, 990), "few": (2, 9)}
PRICES = (3.5, 4.2, 5.9, 7.25, 8.4, 9.8, 12.6, 14.75)


def listed(order: Random, most: int = 3) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """A schema, and texts with the values in them."""
    make = order.choices((_words, _numbers, _records), (5, 1, 4))[0]
    key, items, texts = make(order, order.randint(1, most))
    many = {"type": "array", "items": items}
    if order.random() < 0.15:
        return many, texts
    return (
        {"type": "object", "properties": {key: many}, "required": [key]},
        [(text, {key: value}) for text, value in texts],
    )


def _words(order: Random, number: int) -> tuple[str, dict[str, Any], list[tuple[str, Any]]]:
    pool = order.choice(list(LISTS))
    frames, keys = LISTS[pool]
    texts = []
    for _ in range(number):
        values = order.sample(WORDS[pool], order.randint(2, MOST_ITEMS))
        texts.append((_framed(frames, values, order), values))
    return order.choice(keys.split()), {"type": "string"}, texts


def _numbers(order: Random, number: int) -> tuple[str, dict[str, Any], list[tuple[str, Any]]]:
    frames, keys = NUMBER_LISTS
    texts = []
    for _ in range(number):
        values = [order.randint(1, 400) for _ in range(order.randint(2, MOST_ITEMS))]
        texts.append((_framed(frames, list(map(str, values)), order), values))
    return order.choice(keys.split()), {"type": "integer"}, texts


def _records(order: Random, number: int) -> tuple[str, dict[str, Any], list[tuple[str, Any]]]:
    said, frames, keys, fields = order.choice(RECORDS)
    names = order.sample(list(fields), len(fields)) if order.random() < 0.3 else list(fields)
    texts = []
    for _ in range(number):
        rows = _rows(set(fields.values()), order.randint(2, 3), order)
        text = _framed(frames, [said.format(**row) for row in rows], order)
        texts.append((text, [{name: row[fields[name]] for name in names} for row in rows]))
    kinds = {str: "string", int: "integer", float: "number"}
    shape = {name: {"type": kinds[type(texts[0][1][0][name])]} for name in names}
    return order.choice(keys.split()), {"type": "object", "properties": shape, "required": names}, texts


def _rows(pools: set[str], number: int, order: Random) -> list[dict[str, Any]]:
    columns: dict[str, Sequence[Any]] = {}
    for pool in sorted(pools):
        some = range(*NUMBERS[pool]) if pool in NUMBERS else PRICES if pool == "price" else WORDS[pool]
        columns[pool] = order.sample(list(some), number)
    return [{pool: column[at] for pool, column in columns.items()} for at in range(number)]


def _framed(frames: str, items: Sequence[str], order: Random) -> str:
    text = order.choice(frames.split("|")).format(order.choice(JOINS)(items))
    return text[0].upper() + text[1:] if order.random() < 0.9 else text
