"""What tools answer, and how the model tells it: numbers, sentences, JSON, search results, pages, errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from demo_model.data import words
from demo_model.data.kinds import KINDS
from demo_model.data.requests import Request
from demo_model.data.spin import Speaker
from demo_model.data.values import MONTHS, WEEKDAYS, clock, code, date, domain, full_name, topic, url
from demo_model.data.wording import patterns
from demo_model.data.words import split
from tools.calculator import calculator
from tools.tool import CallContext, ToolError
from tools.untrusted import mark_as_data


@dataclass(frozen=True)
class Outcome:
    """A tool's result text and the model's answer to it, in full and brief."""

    text: str
    answer: str
    brief: str
    is_error: bool = False


FIELDS = split(
    """temperature|status|price|total|name|id|count|distance|duration|date|time|city|rating|level|balance|score|title
    |condition|humidity|wind|amount|currency|result|value|message|owner|size|color|weight|type|state|code|number|room
    |gate|seat|platform|delay|speed|author|year|length|language|unit|tax|stock|available|open|address|phone|email
    |winner|rank|points|calories|protein|reference|arrival|departure|confirmation|line|floor|capacity|battery|mode"""
)
CONDITIONS = split("sunny|cloudy|rainy|windy|clear|foggy|snowy|overcast|light rain|heavy rain|partly cloudy|stormy|dry")
DONE = (
    "Done",
    "OK",
    "ok",
    "Success",
    "done",
    "Saved",
    "Booked",
    "Sent",
    "Confirmed",
    "true",
    "Created",
    "Updated",
    "Accepted",
    "Finished",
)
DONE_ANSWERS = ("Done.", "All done.", "That is done.")


def short_value(sp: Speaker) -> Any:
    """A value of the kinds tools return."""
    rng = sp.rng
    roll = rng.random()
    if roll < 0.3:
        return rng.randint(0, 9999 if sp.chance(0.4) else 99)
    if roll < 0.45:
        return round(rng.uniform(-20, 500), rng.randint(1, 2))
    if roll < 0.5:
        return sp.chance(0.5)
    return sp.pick(
        (
            lambda: words.phrase(rng, 1, 2),
            lambda: full_name(rng),
            lambda: code(rng),
            lambda: date(rng),
            lambda: clock(rng),
            lambda: sp.pick(CONDITIONS),
            lambda: words.proper(rng),
            lambda: str(
                KINDS[sp.pick(("city", "colour", "product", "song", "team", "address", "company", "language"))].sample(
                    rng
                )[0]
            ),
        )
    )()


def shown(value: Any) -> str:
    """A JSON value in a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return str(value)


def outcome(sp: Speaker, request: Request) -> Outcome:
    """A plausible result of this call, with its answer."""
    names = " ".join(request.tool.concept.nouns)
    if sp.chance(0.07):
        return failure(sp)
    if "calculator" in names:
        return calculated(sp, str(next(iter(request.arguments.values()), "1 + 1")))
    if "web search" in names or ("search" in names and sp.chance(0.5)):
        return searched(sp, str(next(iter(request.arguments.values()), "news")))
    if "fetch page" in names:
        return fetched(sp, str(next(iter(request.arguments.values()), "")))
    if "current time" in names or "clock" in names:
        return told_time(sp)
    roll = sp.rng.random()
    if any(word in names for word in ("weather", "forecast")) and roll < 0.7:
        return weather(sp)
    if roll < 0.42:
        return record(sp)
    if roll < 0.58:
        text = sp.pick(DONE) + sp.pick(("", "", "."))
        return Outcome(text if sp.chance(0.8) else json.dumps({"status": text}), sp.pick(DONE_ANSWERS), "Done.")
    if roll < 0.66:
        return listing(sp)
    return plain(sp)


def failure(sp: Speaker) -> Outcome:
    """The tool failed."""
    fill = {"w": words.phrase(sp.rng, 1, 2), "n": str(sp.rng.choice((5, 10, 30, 404, 500, 503)))}
    text = sp.say(sp.pattern(patterns("errors", "errors")), fill)
    said = text.rstrip(".")
    return Outcome(text, f"That did not work. The tool says: {said}.", f"Failed: {said}.", is_error=True)


def calculated(sp: Speaker, expression: str) -> Outcome:
    """The real calculator's result, or the bare number."""
    try:
        text = (
            calculator()
            .run(  # type: ignore[misc]  # the calculator always has a run
                {"expression": expression}, CallContext()
            )
            .text
        )
    except (ToolError, ArithmeticError, ValueError) as error:
        said = str(error).rstrip(".")
        return Outcome(str(error), f"That did not work. The tool says: {said}.", f"Failed: {said}.", is_error=True)
    value = text.replace("≈", "=").rsplit("= ", 1)[-1]
    if len(text) > 70:
        return plain(sp)
    if sp.chance(0.3):
        return Outcome(value, sp.pick((f"The result is {value}.", f"{expression} = {value}.")), f"{value}.")
    return Outcome(text, sp.pick((f"The result is {value}.", f"{text}.")), f"{value}.")


def told_time(sp: Speaker) -> Outcome:
    """A date and time as the clock tool says it, or another notation."""
    rng = sp.rng
    day = f"{rng.choice(WEEKDAYS)}, {rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(2020, 2035)}"
    time = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    zone = rng.choice((rng.choice(words.ZONES), "local time"))
    if sp.chance(0.6):
        text = f"{day}, {time}:{rng.randint(0, 59):02d} ({zone}, UTC{rng.choice('+-')}{rng.randint(0, 12):02d}:00)"
    else:
        text = sp.pick((f"{day}, {time}", f"{time} on {day}", f"{day} {time} {zone}"))
    return Outcome(text, f"It is {time} on {day}.", f"{time}, {day}.")


def weather(sp: Speaker) -> Outcome:
    """Temperature and condition, as a sentence or JSON."""
    degrees = sp.rng.randint(-15, 40) if sp.chance(0.7) else round(sp.rng.uniform(-10, 38), 1)
    sky = sp.pick(CONDITIONS)
    mark = sp.pick(("°C", " degrees", "°", "°F", " C"))
    if sp.chance(0.5):
        text = sp.pick(
            (
                f"{degrees}{mark}, {sky}",
                f"{sky}, {degrees}{mark}",
                f"{degrees}{mark} and {sky}",
                f"{sky.capitalize()} at {degrees}{mark}.",
            )
        )
        return Outcome(text, f"It is {degrees}{mark} and {sky}.", f"{degrees}{mark}, {sky}.")
    pairs: dict[str, Any] = {
        sp.pick(("temperature", "temp", "degrees")): degrees,
        sp.pick(("condition", "sky", "weather", "summary")): sky,
    }
    if sp.chance(0.4):
        pairs[sp.pick(("humidity", "wind", "wind_speed", "pressure"))] = sp.rng.randint(0, 100)
    return told_record(sp, pairs)


def record(sp: Speaker) -> Outcome:
    """A flat JSON object."""
    keys = list(
        dict.fromkeys(
            sp.pick(FIELDS) if sp.chance(0.75) else words.content_word(sp.rng).replace(" ", "_")
            for _ in range(sp.rng.randint(1, 4))
        )
    )
    return told_record(
        sp, {key: [short_value(sp) for _ in range(2)] if sp.chance(0.05) else short_value(sp) for key in keys}
    )


def told_record(sp: Speaker, pairs: dict[str, Any]) -> Outcome:
    """The object as JSON or as lines, and a sentence for each pair."""
    if sp.chance(0.8):
        text = json.dumps(pairs, ensure_ascii=False)
    else:
        text = sp.pick(("\n", ", ", "; ")).join(f"{key}: {shown(value)}" for key, value in pairs.items())
    said = [f"the {key.replace('_', ' ')} is {shown(value)}" for key, value in pairs.items()]
    sentence = ", ".join(said[:-1]) + (" and " if len(said) > 1 else "") + said[-1]
    brief = ", ".join(shown(value) for value in pairs.values())
    return Outcome(text, sentence[:1].upper() + sentence[1:] + ".", brief + ".")


def listing(sp: Speaker) -> Outcome:
    """A JSON list or lines."""
    items = [str(short_value(sp)) for _ in range(sp.rng.randint(1, 4))]
    text = (
        json.dumps(items, ensure_ascii=False)
        if sp.chance(0.5)
        else "\n".join(items)
        if sp.chance(0.5)
        else ", ".join(items)
    )
    return Outcome(text, f"Here is what I found: {', '.join(items)}.", f"{', '.join(items)}.")


def plain(sp: Speaker) -> Outcome:
    """A short text."""
    rng = sp.rng
    name, noun, number = full_name(rng), words.phrase(rng, 1, 2), str(short_value(sp))
    forms = (
        number,
        number,
        f"{rng.randint(1, 9999)} {sp.pick(words.UNITS)}",
        f"The {noun} is {number}",
        f"{name}, {noun}",
        f"{noun.capitalize()}: {number}",
        f"{words.phrase(rng, 2, 6).capitalize()}",
        f"There are {rng.randint(0, 99)} {noun}s in the {sp.pick(words.NOUNS)}",
        f"{name} was here at {clock(rng)}",
        f"Order {code(rng)} arrives on {date(rng)}",
        f"{noun} {code(rng)}",
        f"Reference {code(rng)}",
        f"{rng.randint(1, 23)} hours and {rng.randint(1, 59)} minutes",
    )
    text = sp.pick(forms)
    ends = text.endswith(".")
    said = text if ends else text + "."
    if len(text.split()) > 3:
        return Outcome(text + sp.pick(("", "." if not ends else "")), said[:1].upper() + said[1:], said)
    return Outcome(text, f"The result is {said}", said)


def fact_sentence(sp: Speaker, about: str) -> str:
    """A sentence as found on the web, half of the time about the topic."""
    rng = sp.rng
    noun, other = words.content_word(rng), words.content_word(rng)
    head = about if sp.chance(0.5) else sp.pick((f"the {noun}", words.proper(rng), full_name(rng), f"this {noun}"))
    return (
        sp.say(
            "{h} [is|was|became|remains|has been] [a|the|one] {a} {n}[ of the {o}| in {c}| since {y}|]"
            if sp.chance(0.5)
            else "{h} [has|shows|reached|opened|won|lost|uses|needs|found|made] {x} {n}s "
            "[in {c}|in {y}|near the {o}|every {o}|]",
            {
                "h": head[:1].upper() + head[1:],
                "a": sp.pick(words.ADJECTIVES),
                "n": noun,
                "o": other,
                "c": sp.pick(words.CITIES + words.COUNTRIES),
                "y": str(rng.randint(1200, 2035)),
                "x": str(rng.randint(2, 9000)),
            },
        )
        + "."
    )


def searched(sp: Speaker, query: str) -> Outcome:
    """Numbered results; the answer cites the first."""
    count = sp.pick((1, 2, 2, 3, 3, 5))
    style = sp.pick((0, 0, 0, 1, 2, 3))
    longer = sp.chance(0.3)
    blocks, facts = [], []
    for number in range(1, count + 1):
        title = query.title() if sp.chance(0.3) else words.phrase(sp.rng, 1, 4).title()
        snippet = fact_sentence(sp, query if len(query) < 40 else topic(sp.rng))
        facts.append(snippet)
        if longer:
            snippet += " " + " ".join(fact_sentence(sp, query) for _ in range(sp.rng.randint(1, 3)))
            snippet = snippet[:-1] + sp.pick((".", "…", " ..."))
        link = url(sp.rng)
        blocks.append(
            (
                f"[{number}] {title} — {link} — {snippet}",
                f"[{number}] {title}\n{link}\n{snippet}",
                f"[{number}] {title} ({link}): {snippet}",
                f"[{number}] {title} - {link}\n    {snippet}",
            )[style]
        )
    text = ("\n\n" if style == 1 and sp.chance(0.5) else "\n").join(blocks)
    if sp.chance(0.5):
        text = mark_as_data(text, sp.pick((f"web search: {query}", query, "web search", "search results")))
    answer = f"{facts[0].rstrip('.')} [1]."
    if count > 1 and sp.chance(0.25):
        answer += f" {facts[1].rstrip('.')} [2]."
    return Outcome(text, answer, f"{facts[0].rstrip('.')} [1].")


def fetched(sp: Speaker, address: str) -> Outcome:
    """A page: title and sentences; the answer tells the first ones."""
    title = words.phrase(sp.rng, 1, 3).title()
    about = words.phrase(sp.rng, 1, 2)
    sentences = [
        fact_sentence(sp, about) for _ in range(sp.rng.randint(5, 14) if sp.chance(0.12) else sp.rng.randint(1, 4))
    ]
    body = sp.pick((" ", "\n", "\n\n")).join(sentences)
    text = sp.pick(
        (
            f"{title}\n\n{body}",
            f"# {title}\n\n{body}",
            f"{title}\n{body}",
            f"Title: {title}\nURL: {address}\n\n{body}",
            f"Title: {title}\nURL: {address}\n\n{body}",
        )
    )
    if sp.chance(0.5):
        text = mark_as_data(text, address or domain(sp.rng))
    return Outcome(text, f'The page "{title}" says: {sentences[0]}', sentences[0])
