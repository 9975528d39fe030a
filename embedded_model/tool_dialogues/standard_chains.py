"""Dialogues in which two standard tools, or a standard one and another, are called one after the other."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import number_of_tools, others
from embedded_model.tool_dialogues.clock import some_moment
from embedded_model.tool_dialogues.declarations import TOOLS, Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, slug
from embedded_model.tool_dialogues.messages import one_after_another
from embedded_model.tool_dialogues.pages import PAGES, Page, page_values
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.search import (
    BESIDE_FACTS,
    BESIDE_INVENTIONS,
    CONVERSIONS,
    FACTS,
    Hit,
    beside,
    results_text,
)
from embedded_model.tool_dialogues.tables import converted
from embedded_model.tool_dialogues.template import Values, fill


def standard_chain(draw: Draw) -> Dialogue | None:
    """A search and the page it found; the date and a tool that needs it; or a search and a conversion."""
    share = draw.fraction()
    if share < 0.55:
        return _search_and_read(draw)
    moment = some_moment(draw, days=700)
    if share < 0.70:
        return _days_left(moment, draw)
    if share < 0.80:
        return _moon(moment, draw)
    if share < 0.88:
        return _holidays(moment, draw)
    return _search_and_convert(draw)


def _offered(first: str, second: str, draw: Draw, without_tags: Collection[str] = ()) -> list[Tool]:
    right = [TOOLS[first], TOOLS[second]]
    return [*right, *others(right, max(0, number_of_tools(draw) - 2), draw, without_tags=without_tags)]


def _search_and_read(draw: Draw) -> Dialogue | None:
    page = draw.pick([page for page in PAGES if page.found_asks])
    values = page_values(page, draw)
    query, about = (fill(text, values) for text in page.find)
    # Without this draw, which nothing uses, every later dialogue would be another one.
    draw.pick(page.asks)
    title = fill(page.title, values)
    hit = Hit(
        title if title.lower() != query.lower() else f"{title} - {page.path}",
        values["url"],
        draw.pick(
            [
                "Official page with all details.",
                "Everything you need to know.",
                "All details on one page.",
                "Full information.",
            ]
        ),
    )
    hits = draw.shuffled([hit, *beside(query, BESIDE_INVENTIONS, draw.pick([1, 1, 2]), draw)])
    if draw.chance(0.5):
        request = _whole_page_request(page, query, about, draw)
        answer = fill(page.about, values)
    else:
        question, answer = draw.pick(page.found_asks)
        values["page"] = about
        request = _question_request(fill(question, values), draw)
        answer = fill(answer, values)
    messages = one_after_another(
        request,
        ("web_search", {"query": query}, results_text(hits)),
        ("fetch_page", {"url": values["url"]}, fill(page.text, values)),
        capitalised(answer),
    )
    return finish("chain", _offered("web_search", "fetch_page", draw), messages, draw)


def _whole_page_request(page: Page, query: str, about: str, draw: Draw) -> str:
    of_somebody = page.path in ("visit", "events", "about")
    return draw.pick(
        [
            f"Search for {query}, open the best page and tell me what it says.",
            f"Find a page about {about} and summarise it.",
            f"Look up {query} online and read the page for me.",
            f"Find the page of {about} and give me a summary."
            if of_somebody
            else f"Search for {query}, then read the right page and sum it up.",
            f"google {query}, open the right result, short summary please",
            f"I want to know what's online about {about}. Search, then open the page.",
        ]
    )


def _question_request(question: str, draw: Draw) -> str:
    before = [
        "",
        "",
        "Find the page and read it: ",
        "Look it up and check the page itself: ",
        "Search, then open the page. ",
    ]
    after = ["", "", " Search for it and read the page.", " Please check the page itself."]
    return draw.pick(before) + question + draw.pick(after)


def _clock_content(moment: datetime) -> str:
    return json.dumps(
        {"date": moment.strftime("%Y-%m-%d"), "weekday": moment.strftime("%A"), "time": moment.strftime("%H:%M")}
    )


def _finish_after_clock(
    moment: datetime, request: str, second: tuple[str, Values, str], tools: list[Tool], answer: str, draw: Draw
) -> Dialogue | None:
    messages = one_after_another(request, ("current_time", {}, _clock_content(moment)), second, answer)
    return finish("chain", tools, messages, draw)


def _days_left(moment: datetime, draw: Draw) -> Dialogue | None:
    today = moment.strftime("%Y-%m-%d")
    while True:
        end = draw.word("iso_date")
        days = (date.fromisoformat(end) - moment.date()).days
        if days > 3:
            break
    request = draw.pick(
        [
            f"How many days are left until {end}?",
            f"days until {end}",
            f"How long is it from today to {end}, in days?",
            f"My exam is on {end}. How many days do I have?",
            f"Count the days from today to {end}.",
            f"We move on {end}. How many days from now is that?",
        ]
    )
    tools = _offered("current_time", "days_between", draw, {"math"})
    answer = draw.pick(
        [
            f"There are {days} days left until {end}.",
            f"It is {days} days from today.",
            f"{days} days, counted from {today}.",
        ]
    )
    second = ("days_between", {"start": today, "end": end}, json.dumps({"days": days}))
    return _finish_after_clock(moment, request, second, tools, answer, draw)


def _moon(moment: datetime, draw: Draw) -> Dialogue | None:
    given = {"date": moment.strftime("%Y-%m-%d")}
    moon = TOOLS["moon_phase"]
    content, values = run(moon, given, draw)
    request = draw.pick(
        [
            "What does the moon look like tonight?",
            "moon phase today?",
            "Is it full moon today?",
            "Which phase is the moon in today?",
            "How bright will the moon be tonight?",
        ]
    )
    tools = _offered("current_time", "moon_phase", draw)
    if "full moon" not in request:
        answer = pick_answer(moon, values, draw)
    elif values["phase"] == "full moon":
        answer = "Yes, it is full moon today."
    else:
        answer = f"No, the phase is {values['phase']}."
    return _finish_after_clock(moment, request, ("moon_phase", given, content), tools, answer, draw)


def _holidays(moment: datetime, draw: Draw) -> Dialogue | None:
    country, tool = draw.word("country"), TOOLS["public_holidays"]
    given = {"country": country, "year": moment.year}
    content, values = run(tool, given, draw)
    request = draw.pick(
        [
            f"How many public holidays does {country} have this year?",
            f"public holidays {country} this year",
            f"Which is the next public holiday this year in {country}?",
            f"I work in {country}. How many public holidays are there this year?",
        ]
    )
    tools = _offered("current_time", "public_holidays", draw)
    answer = pick_answer(tool, values, draw)
    return _finish_after_clock(moment, request, ("public_holidays", given, content), tools, answer, draw)


def _search_and_convert(draw: Draw) -> Dialogue | None:
    query, question, number, unit, wanted = draw.pick(CONVERSIONS)
    value = json.loads(number)
    subject, _, _, title, host, snippet, _ = next(fact for fact in FACTS if fact[1] == query)
    hit = Hit(title, f"https://{host}/{slug(title)}", snippet)
    hits = draw.shuffled([hit, *beside(subject, BESIDE_FACTS, draw.pick([1, 2]), draw)])
    at, result = hits.index(hit) + 1, converted(value, unit, wanted)
    before = ["", "Search the web: ", "Look it up: ", "", "Please search and convert. "]
    request = draw.pick(before) + question
    tools = _offered("web_search", "convert_units", draw)
    answer = draw.pick(
        [
            f"{value} {unit} [{at}] are {result} {wanted}.",
            f"That is {result} {wanted}: the source gives {value} {unit} [{at}].",
        ]
    )
    messages = one_after_another(
        request,
        ("web_search", {"query": query}, results_text(hits)),
        (
            "convert_units",
            {"value": value, "from_unit": unit, "to_unit": wanted},
            json.dumps({"value": value, "result": result, "unit": wanted}),
        ),
        answer,
    )
    return finish("chain", tools, messages, draw)
