"""Pools: the values that arguments are drawn from. Most are listed in `words/`; the rest is made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from embedded_model.tool_dialogues import tables
from embedded_model.tool_dialogues.draw import PRIME_SET, PRIMES, Draw, Source
from embedded_model.tool_dialogues.english import MONTHS, ordinal
from embedded_model.tool_dialogues.text_files import FOLDER, HELD_OUT, read_commas, read_lists, read_table, read_words

FILES = ("names", "places", "time", "food", "home", "health", "culture", "work", "as_written")
_LISTS = {key: read_commas(items) for name in FILES for key, items in read_lists(name).items()}
for _path in sorted((FOLDER / "words" / "more").glob("*.txt")):
    _LISTS |= {key: read_commas(items) for key, items in read_lists(f"more/{_path.stem}").items()}
_PATTERNS = read_lists("codes")

_GRAMMAR = read_lists("grammar")
SINGULARS = read_table(_GRAMMAR["singulars of titles"])
HELD_OUT_DAYS = frozenset({11, 17, 23, 29})
ODD_MINUTES = ["07", "23", "35", "55"]
PATHS = read_words(_GRAMMAR["paths of addresses"])


def _joined_words(first: str, second: str, between: str) -> Callable[[Draw], str]:
    def make(draw: Draw) -> str:
        while True:
            one, other = draw.pick(_LISTS[first]), draw.pick(_LISTS[second])
            if (one in _LISTS[first + HELD_OUT]) == draw.held_out and one.lower() != other.lower():
                return one + between + other

    return make


_town = _joined_words("first half of a town", "second half of a town", "")
_title = _joined_words("first word of a title", "second word of a title", " ")


def _film(draw: Draw) -> str:
    return ("The " if draw.chance(0.5) else "") + _title(draw)


def _book(draw: Draw) -> str:
    if not draw.chance(0.8):
        return _title(draw)
    title = ("The " if draw.chance(0.6) else "A ") + _title(draw)
    for plural, singular in SINGULARS.items():
        title = title.replace(plural, singular)
    return title


def _full_name(draw: Draw) -> str:
    return f"{draw.word('first_name')} {draw.word('last_name')}"


def _email(draw: Draw) -> str:
    first, last = draw.word("first_name").lower(), draw.word("last_name").lower()
    with_number = f"{first}{draw.number(2, 98)}"
    name = draw.pick([f"{first}.{last}", f"{first[0]}.{last}", with_number, f"{last}.{first}", f"{first}_{last}"])
    return f"{name}@{draw.word('domain')}"


def _company(draw: Draw) -> str:
    return draw.pick(
        [
            f"{draw.word('last_name')} & Sons",
            f"{draw.word('company_start')} {draw.word('company_end')}",
            f"{draw.word('last_name')} {draw.word('company_end')}",
            f"{draw.word('company_start')} {draw.word('company_end')}",
        ]
    )


def _web_domain(draw: Draw) -> str:
    first, dash = _in_one_word(draw.word("company_start")), draw.pick(["-", ""])
    return first + dash + _in_one_word(draw.word("company_end")) + draw.pick([".com", ".org", ".net", ".io"])


def _in_one_word(name: str) -> str:
    return name.lower().replace(" ", "")


def _url(draw: Draw) -> str:
    start = "https://" + draw.pick(["www.", "", ""]) + draw.word("web_domain")
    paths = [
        "",
        f"/{draw.pick(PATHS)}",
        f"/{draw.pick(PATHS)}",
        f"/{draw.pick(PATHS)}/{draw.word('file_word')}",
        f"/{draw.pick(PATHS)}/{draw.number(2, 980)}",
    ]
    return f"{start}{draw.pick(paths)}"


def _address(draw: Draw) -> str:
    numbers = [number for number in range(2, 140) if (number in PRIME_SET) == draw.held_out]
    return f"{draw.pick(numbers)} {draw.word('street')}"


def _road(draw: Draw) -> str:
    return draw.word("street") if draw.chance(0.5) else draw.code(draw.pick(["A##", "M##", "B###", "E##"]))


def _color(draw: Draw) -> str:
    return "#" + "".join(draw.pick("0123456789ABCDEF") for _ in range(6))


def _file_name(draw: Draw) -> str:
    endings = ["-kx", "_zz", "-rev9"] if draw.held_out else ["", "_2024", "-final", "_v2", "2025", "_old", "-march"]
    return f"{draw.word('file_word')}{draw.pick(endings)}.{draw.word('file_ending')}"


def _archive_name(draw: Draw) -> str:
    return f"{draw.word('file_word')}{draw.pick(['-pack', '_all', '-bundle'])}.zip"


def _folder(draw: Draw) -> str:
    folders: list[str] = [
        draw.word("folder_name"),
        f"/home/{draw.word('first_name').lower()}/{draw.word('folder_name')}",
        f"{draw.word('folder_name')}/{draw.word('file_word')}",
        draw.word("folder_name"),
    ]
    return draw.pick(folders)


def _path(draw: Draw) -> str:
    return f"{draw.word('folder')}/{draw.word('file_name')}"


def _month_and_day(draw: Draw) -> tuple[int, int]:
    """A month, counted from 0, and a day that it has."""
    while True:
        month = draw.random.randrange(12)
        day = draw.pick([day for day in range(1, 31) if (day in HELD_OUT_DAYS) == draw.held_out])
        if not (month == 1 and day > 28):
            return month, day


def _month_date(draw: Draw) -> str:
    at, day = _month_and_day(draw)
    month = MONTHS[at]
    return draw.pick(
        [
            f"{day} {month}",
            f"{month} {day}",
            f"{day} {month}",
            f"{ordinal(day)} {month}",
            f"{month} {ordinal(day)}",
            f"{day} {month[:3]}",
        ]
    )


def _iso_date(draw: Draw) -> str:
    month, day = _month_and_day(draw)
    return f"{draw.pick([2025, 2026, 2026, 2027])}-{month + 1:02d}-{day:02d}"


def _date(draw: Draw) -> str:
    if not draw.held_out and not draw.chance(0.95):
        return str(draw.word("month_day"))
    dates: list[str] = [draw.word(pool) for pool in ("month_day", "month_day", "weekday", "near_day", "iso_date")]
    return draw.pick(dates)


def _time_24(draw: Draw) -> str:
    hour = draw.random.randrange(6, 23)
    return f"{hour:02d}:{draw.pick(ODD_MINUTES if draw.held_out else ['00', '30', '15', '45', '10', '20', '40', '50'])}"


def _time_12(draw: Draw) -> str:
    hour = draw.random.randrange(1, 13)
    minutes = draw.pick(ODD_MINUTES if draw.held_out else ["", "", "30", "15", "45"])
    return (f"{hour}:{minutes}" if minutes else str(hour)) + draw.pick([" am", " pm", " pm", "am", "pm"])


def _time(draw: Draw) -> str:
    return str(draw.word("time_24" if draw.chance(0.5) else "time_12"))


def _moment(draw: Draw) -> str:
    word = draw.word
    moments: list[str] = [
        f"{word('weekday')} at {word('time')}",
        f"{word('near_day')} at {word('time')}",
        word("moment_soon"),
        f"{word('month_day')} at {word('time')}",
        word("month_day"),
        f"{word('time')} {draw.pick(['tomorrow', 'today', 'on ' + word('weekday')])}",
    ]
    return draw.pick(moments)


def _season(draw: Draw) -> str:
    year = draw.number(2014, 2024)
    return f"{year}/{(year + 1) % 100:02d}"


def _prime_or_not(draw: Draw) -> int:
    if draw.chance(0.35):
        return draw.pick([number for number in PRIMES if 600 < number < 998])
    return draw.argument(12, 998)


def _equation(draw: Draw) -> str:
    x, factor, summand = draw.number(-9, 15), draw.number(2, 9), draw.number(1, 40)
    sign = draw.pick(["+", "-"])
    total = factor * x + (summand if sign == "+" else -summand)
    return f"{factor}x {sign} {summand} = {total}"


MADE: Mapping[str, Callable[[Draw], Any]] = {
    "town": _town,
    "song": _title,
    "film": _film,
    "book": _book,
    "full_name": _full_name,
    "company": _company,
    "address": _address,
    "road": _road,
    "month_day": _month_date,
    "any_date": _date,
    "time_12": _time_12,
    "time": _time,
    "moment": _moment,
}
MADE_AS_WRITTEN: Mapping[str, Callable[[Draw], Any]] = {
    "email": _email,
    "web_domain": _web_domain,
    "url": _url,
    "hex_color": _color,
    "file_name": _file_name,
    "archive_name": _archive_name,
    "folder": _folder,
    "path": _path,
    "iso_date": _iso_date,
    "time_24": _time_24,
    "year": lambda draw: draw.argument(2019, 2030),
    "season": _season,
    "maybe_prime": _prime_or_not,
    "equation": _equation,
}
TABLE_POOLS = {
    "food": "foods",
    "word": "definitions",
    "waste": "bins",
    "phrase": "phrases",
    "misspelt": "corrections",
    "foreign": "languages",
    "rhyme_word": "rhymes",
    "poll_question": "polls",
    "missing_ingredient": "substitutes",
}
TYPED_AS_WRITTEN = frozenset({*read_lists("as_written"), *_PATTERNS, *MADE_AS_WRITTEN, "currency", "role"})
"""Pools whose values keep their capitals in a request that is typed in small letters."""


def may_be_lowered(pool: str) -> bool:
    """Whether the values of a pool may be typed in small letters."""
    return pool in _NAMES and pool not in TYPED_AS_WRITTEN


def _coded(patterns: list[str]) -> Callable[[Draw], str]:
    # Picking from a list of one would move the generator on.
    return lambda draw: draw.code(draw.pick(patterns) if len(patterns) > 1 else patterns[0])


def sources(*, held_out: bool) -> Mapping[str, Source]:
    """The pools of one of the two files."""
    listed = {key.removesuffix(HELD_OUT): words for key, words in _LISTS.items() if key.endswith(HELD_OUT) == held_out}
    tabled = {pool: tables.keys(table, held_out=held_out) for pool, table in TABLE_POOLS.items()}
    others = {
        "currency": tables.keys("currencies", held_out=held_out),
        "phrase_language": tables.LANGUAGES,
        "poll_options": ["/".join(options) for options in tables.POLLS.values()],
        "role": listed["job"],
    }
    coded = {name: _coded(patterns) for name, patterns in _PATTERNS.items()}
    return {**listed, **tabled, **others, **coded, **MADE, **MADE_AS_WRITTEN}


_NAMES = frozenset({*sources(held_out=False), *sources(held_out=True)})


def draws(seed: int) -> tuple[Draw, Draw]:
    """What draws for training, and what draws for the held-out file after it."""
    random = Random(seed)
    return Draw(random, sources(held_out=False)), Draw(random, sources(held_out=True), held_out=True)


def draw_part(part: str, seed: int) -> Draw:
    """What draws for one of the files about more tools."""
    return Draw(Random(seed), sources(held_out=False), part=part)
