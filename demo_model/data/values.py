"""Values for arguments: how each is drawn, and how people say it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from demo_model.data import words
from demo_model.data.words import split

NUMBER_WORDS = split("zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve")
MONTHS = split("January|February|March|April|May|June|July|August|September|October|November|December")
WEEKDAYS = split("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday")
ENDINGS = split("txt|pdf|csv|md|json|py|png|docx|log|xlsx")
ABOUT_CITIES = split("hotels|museums|weather|news|history|population|restaurants|airport")
Sample = Callable[[random.Random], tuple[Any, str]]


def plain(draw: Callable[[random.Random], str]) -> Sample:
    """A string that is said exactly as it is passed."""

    def sample(rng: random.Random) -> tuple[Any, str]:
        text = draw(rng)
        return text, text

    return sample


def one_of(options: tuple[str, ...], invented: float = 0.25) -> Callable[[random.Random], str]:
    """From a list, or an invented name."""

    def draw(rng: random.Random) -> str:
        if rng.random() < invented:
            name = words.proper(rng)
            return f"{name} {words.proper(rng)}" if rng.random() < 0.2 else name
        return rng.choice(options)

    return draw


def lower_of(options: tuple[str, ...], invented: float = 0.25) -> Callable[[random.Random], str]:
    """From a list, or random lower-case words."""
    return lambda rng: words.phrase(rng, 1, 3) if rng.random() < invented else rng.choice(options)


def whole(low: int, high: int) -> Sample:
    """An integer, sometimes said as a word."""

    def sample(rng: random.Random) -> tuple[Any, str]:
        value = rng.randint(low, high)
        if 1 < value < len(NUMBER_WORDS) and rng.random() < 0.12:
            return value, NUMBER_WORDS[value]
        return value, str(value)

    return sample


def decimal(low: float, high: float, places: int = 2) -> Sample:
    """A number, whole about a third of the time, never with trailing zeros."""

    def sample(rng: random.Random) -> tuple[Any, str]:
        value = rng.uniform(low, high)
        if rng.random() < 0.35:
            number: float = int(value)
        else:
            number = round(value, rng.randint(1, places))
            number = int(number) if number == int(number) else number
        return number, str(number)

    return sample


def full_name(rng: random.Random) -> str:
    """A person: first name, often with a last name."""
    first = rng.choice(words.FIRST_NAMES) if rng.random() < 0.7 else words.proper(rng)
    if rng.random() < 0.45:
        last = rng.choice(words.LAST_NAMES) if rng.random() < 0.6 else words.proper(rng)
        return f"{first} {last}"
    return first


def street(rng: random.Random) -> str:
    """A street with a number in front."""
    name = words.proper(rng) if rng.random() < 0.5 else rng.choice(words.NOUNS).capitalize()
    return f"{rng.randint(1, 250)} {name} {rng.choice(('Street', 'Road', 'Avenue', 'Lane', 'Square'))}"


def email(rng: random.Random) -> str:
    """An address at an example domain or an invented one."""
    user = rng.choice(words.FIRST_NAMES).lower() if rng.random() < 0.6 else words.syllables(rng)
    if rng.random() < 0.3:
        user += rng.choice((".", "_", "")) + (words.syllables(rng) if rng.random() < 0.5 else str(rng.randint(1, 99)))
    return f"{user}@{domain(rng)}"


def domain(rng: random.Random) -> str:
    """A host name."""
    name = rng.choice(("example", words.syllables(rng), rng.choice(words.NOUNS), "mail", words.phrase(rng, 1, 1)))
    return f"{name}.{rng.choice(('com', 'org', 'net', 'io', 'edu', 'dev', 'co.uk', 'de'))}".replace(" ", "-")


def url(rng: random.Random) -> str:
    """A web address, with and without path and scheme."""
    start = rng.choice(("https://", "https://", "http://", "https://www.", "www.", ""))
    path = "".join(
        "/" + rng.choice((rng.choice(words.NOUNS), words.syllables(rng), str(rng.randint(1, 2030))))
        for _ in range(rng.choice((0, 0, 1, 1, 2)))
    )
    ending = rng.choice(("", "", "", ".html", "/")) if path else ""
    return start + domain(rng) + path + ending


def date(rng: random.Random) -> str:
    """A day in one of many notations."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1990, 2035)
    forms = (
        f"{year}-{month:02d}-{day:02d}",
        f"{year}-{month:02d}-{day:02d}",
        f"{MONTHS[month - 1]} {day}",
        f"{day} {MONTHS[month - 1]}",
        f"{MONTHS[month - 1]} {day}, {year}",
        f"{day}.{month}.{year}",
        f"{month}/{day}/{year}",
        "tomorrow",
        "today",
        rng.choice(WEEKDAYS),
        f"next {rng.choice(WEEKDAYS)}",
        "tonight",
        f"{MONTHS[month - 1]} {day}{'th' if 3 < day < 21 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}",
    )
    return rng.choice(forms)


def clock(rng: random.Random) -> str:
    """A time of day."""
    hour, minute = rng.randint(0, 23), rng.choice((0, 0, 15, 30, 45, rng.randint(0, 59)))
    short = hour % 12 or 12
    half = rng.choice(("am", "pm", " am", " pm", " a.m.", " PM"))
    return rng.choice(
        (
            f"{hour:02d}:{minute:02d}",
            f"{hour}:{minute:02d}",
            f"{short}{half}",
            f"{short}:{minute:02d}{half}",
            "noon",
            "midnight",
        )
    )


def code(rng: random.Random) -> str:
    """An identifier such as `ORD-4821`, `a3f9` or `1048576`."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 4)))
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(2, 6)))
    mixed = "".join(rng.choice("abcdef0123456789") for _ in range(rng.randint(4, 8)))
    return rng.choice(
        (
            f"{head}-{digits}",
            f"{head}{digits}",
            digits,
            f"#{digits}",
            mixed,
            f"{head}-{digits}-{head}",
            f"{words.syllables(rng)}_{digits}",
            head + digits + head[:1],
        )
    )


def path(rng: random.Random) -> str:
    """A file or folder."""
    stem = rng.choice(
        (rng.choice(words.NOUNS), words.syllables(rng), rng.choice(words.NOUNS) + "_" + words.syllables(rng))
    )
    name = f"{stem}{rng.choice(('', str(rng.randint(1, 99))))}.{rng.choice(ENDINGS)}"
    return rng.choice(
        (
            name,
            name,
            f"{rng.choice(('docs', 'src', 'data', words.syllables(rng)))}/{name}",
            f"/home/{words.syllables(rng)}/{name}",
            f"~/{name}",
        )
    )


def sentence(rng: random.Random) -> str:
    """A short message somebody might send."""
    name, thing, day = rng.choice(words.FIRST_NAMES), rng.choice(words.NOUNS), rng.choice(WEEKDAYS)
    fixed = (
        f"I will be {rng.randint(5, 50)} minutes late",
        "happy birthday",
        f"see you on {day}",
        "call me back",
        f"dinner at {rng.randint(6, 9)}",
        "the meeting is cancelled",
        f"please buy {rng.choice(words.GROCERIES)}",
        f"don't forget the {thing}",
        "thanks for your help",
        "I am on my way",
        f"the {thing} is ready",
        f"can we talk on {day}?",
        "good luck",
        "I love you",
        f"{name} says hi",
        "see you soon",
        "running late",
        f"bring the {thing}",
        f"we are out of {rng.choice(words.GROCERIES)}",
        "how are you?",
        f"lunch with {name}",
        f"pick up the {thing}",
        f"pay the {thing} bill",
        "water the plants",
        f"call {name}",
        f"clean the {thing}",
    )
    if rng.random() < 0.6:
        return rng.choice(fixed)
    return words.phrase(rng, 2, 6)


def topic(rng: random.Random) -> str:
    """Something to search for."""
    forms = (
        rng.choice(words.TOPICS),
        f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}",
        f"{rng.choice(words.NOUNS)} {rng.choice(words.NOUNS)}",
        f"{rng.choice(words.FOODS)} recipe",
        f"best {rng.choice(words.THINGS)}",
        f"{rng.choice(words.CITIES)} {rng.choice(ABOUT_CITIES)}",
        f"history of {rng.choice(words.NOUNS)}",
        f"who invented the {rng.choice(words.THINGS)}",
        f"how to {rng.choice(words.VERBS)} a {rng.choice(words.NOUNS)}",
        f"{rng.choice(words.COMPANIES)} {rng.choice(split('stock|results|CEO|news|products'))}",
        words.phrase(rng, 1, 4),
        f"{words.proper(rng)} {rng.choice(words.NOUNS)}",
    )
    return rng.choice(forms)


def expression(rng: random.Random) -> tuple[Any, str]:
    """Arithmetic as written; some ways of saying it differ from the value."""

    def number() -> str:
        roll = rng.random()
        if roll < 0.6:
            return str(rng.randint(1, 99 if rng.random() < 0.6 else 9999))
        return str(rng.randint(100, 99999)) if roll < 0.8 else str(round(rng.uniform(0.1, 300), rng.randint(1, 2)))

    gap = rng.choice((" ", " ", " ", ""))
    a, b, c = number(), number(), number()
    operator, other = rng.choice("+-*/"), rng.choice("+-*/")
    forms = (
        f"{a}{gap}{operator}{gap}{b}",
        f"{a}{gap}{operator}{gap}{b}",
        f"{a}{gap}{operator}{gap}{b}",
        f"{a}{gap}{operator}{gap}{b}{gap}{other}{gap}{c}",
        f"({a}{gap}{operator}{gap}{b}){gap}{other}{gap}{c}",
        f"{a}{gap}{operator}{gap}({b}{gap}{other}{gap}{c})",
        f"sqrt({a})",
        f"{a}{gap}**{gap}{rng.randint(2, 9)}",
        f"{a}{gap}%{gap}{b}",
    )
    text = rng.choice(forms)
    return text, text


def spoken_expression(rng: random.Random) -> tuple[Any, str]:
    """Arithmetic said in words and passed as an expression."""
    a, b = (str(rng.randint(1, 99 if rng.random() < 0.5 else 5000)) for _ in range(2))
    if rng.random() < 0.2:
        a = str(round(rng.uniform(0.5, 99), 1))
    forms = (
        (f"{a} + {b}", rng.choice((f"{a} plus {b}", f"the sum of {a} and {b}", f"{a} and {b} added up"))),
        (f"{a} - {b}", rng.choice((f"{a} minus {b}", f"{a} take away {b}"))),
        (
            f"{a} * {b}",
            rng.choice((f"{a} times {b}", f"{a} multiplied by {b}", f"{a} x {b}", f"the product of {a} and {b}")),
        ),
        (f"{a} / {b}", rng.choice((f"{a} divided by {b}", f"{a} over {b}"))),
        (f"{a} ** 2", f"{a} squared"),
        (f"sqrt({a})", f"the square root of {a}"),
        (f"{a}% of {b}", rng.choice((f"{a}% of {b}", f"{a}% of {b}", f"{a} percent of {b}"))),
    )
    return rng.choice(forms)


def listed(draw: Callable[[random.Random], str], low: int = 2, high: int = 4) -> Sample:
    """A list of strings said with commas or `and`."""

    def sample(rng: random.Random) -> tuple[Any, str]:
        items = list(dict.fromkeys(draw(rng) for _ in range(rng.randint(low, high))))
        if rng.random() < 0.08:
            items = items[:1]
        return items, join_words(rng, items)

    return sample


def numbers(rng: random.Random) -> tuple[Any, str]:
    """A list of numbers."""
    values: list[Any] = [
        rng.randint(-20, 200) if rng.random() < 0.75 else round(rng.uniform(0, 50), 1) for _ in range(rng.randint(2, 6))
    ]
    values = [int(value) if value == int(value) else value for value in values]
    return values, join_words(rng, [str(value) for value in values])


def join_words(rng: random.Random, items: list[str]) -> str:
    """`a, b and c`, and other ways to list."""
    if len(items) == 1:
        return items[0]
    last = rng.choice((" and ", " and ", ", and ", ", ", " & "))
    return ", ".join(items[:-1]) + last + items[-1]
