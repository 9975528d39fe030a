"""Writes `data/built_in.jsonl`: dialogues with the app's own tools, whose results are what those tools really say.

    python -m embedded_model.built_in_dialogues

Cities, numbers and wordings of what the adapter is tried on by hand are left out; see `HELD_OUT_CITIES`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import count, islice
from typing import Any, TypeAlias

from embedded_model.built_in_web import DOMAINS, PAGE_ASKS, PAGES, PLACES, SEARCH_ASKS, SEARCHES, TOPICS
from embedded_model.built_in_words import BEYOND, CHATS, CITIES, CLOCK, CLOCK_HERE, MISSING, SUMS
from embedded_model.dialogues import DATA
from tools.built_in import BUILT_IN_SPECS
from tools.calculator import show
from tools.clock import current_time
from tools.expression import evaluate
from tools.tool import CallContext, Citation, ToolError
from tools.untrusted import mark_as_data
from tools.web_search import show as show_results

SEED = 7
PATH = DATA / "built_in.jsonl"
NAMES = tuple(spec.name for spec in BUILT_IN_SPECS)
BORROWED = ("chat", "requests", "writing", "facts", "general", "everyday")
"""Files whose dialogues need no tool, unless they are about numbers; some are learnt with the tools on offer too."""

NEEDS_TOOL = re.compile(r"\"user\", \"content\": \"(\\\"|[^\"])*\d|I (can't|cannot|don't|have no)\b")
"""A question with numbers, or an answer that would be another one if there were tools."""

Rows: TypeAlias = list[dict[str, Any]]
Once: TypeAlias = tuple[str, str, dict[str, Any], str, str]
"""What is asked; the tool, its arguments and its result; and the answer."""


class Writer:
    """Writes dialogues of each sort. The same seed gives the same dialogues."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def dialogues(self) -> Iterator[Rows]:
        """All of them."""
        yield from self._several(230, lambda: _one(self.sum()))
        yield from self._several(230, lambda: _one(self.time()))
        yield from self._several(220, lambda: _one(self.search()))
        yield from self._several(200, lambda: _one(self.page()))
        yield from self._several(90, self.one_after_another)
        yield from self._several(70, self.two_at_once)
        yield from self._several(50, self.search_and_read)
        yield from self._several(60, self.failure)
        yield from self._several(60, self.missing)
        yield from self._several(len(CHATS), lambda: list(self._pick(CHATS)))
        yield from self._borrowed(550)
        yield from self._several(len(BEYOND), self.beyond)

    def sum(self) -> Once:
        """A question for the calculator."""
        low, high = self._pick([(2, 30), (10, 100), (100, 1000), (100, 9000)])
        a, b, c = (self._random.randint(low, high) for _ in range(3))
        values = {
            "a": a,
            "b": b,
            "c": c,
            "small": self._random.randint(2, 12),
            "percent": self._pick([5, 8, 10, 12, 18, 20, 25, 30, 35, 40, 45, 60, 75]),
            "square": self._random.randint(12, 60) ** 2,
            "price": self._random.randint(100, 9999) / 100,
            "tenth": self._random.randint(11, 400) / 10,
        }
        asked, expression, unit = self._pick(SUMS)
        expression = expression.format(**values)
        result = f"{expression} {show(evaluate(expression))}"
        value = result.rsplit("= ", 1)[1] if "≈" not in result else f"{float(result.rsplit('≈ ', 1)[1]):.6g}"
        about = "about " if "≈" in result else ""
        if unit:
            answer = self._pick(["That is {}.", "It comes to {}.", "It is {}."]).format(about + unit.format(value))
        elif about:
            answer = f"That is about {value}."
        else:
            answer = self._pick(["That is {}.", "It's {}.", "{}.", f"{expression} = {{}}."]).format(value)
        return asked.format(**values), "calculator", {"expression": expression}, result, answer

    def time(self, place: str | None = None, moment: datetime | None = None) -> Once:
        """A question for the clock."""
        moment = moment or self._moment()
        if place is None and self._random.random() < 0.35:
            asked, answer = self._pick(CLOCK_HERE)
            arguments: dict[str, Any] = {}
        else:
            place = place or self._pick(CITIES)
            asked, answer = self._pick(CLOCK)
            asked, arguments = asked.format(place), {"timezone": place}
        result = self._clock(arguments, moment)
        weekday, date, time = result.split(" (")[0].split(", ")
        day, month, year = date.split()
        said = answer.format(
            place=place, time=time[:5], weekday=weekday, date=date, day=day, month=month, year=year, half=_half(time)
        )
        return asked, "current_time", arguments, result, said

    def search(self) -> Once:
        """A question for the web, answered from one of the results."""
        if self._random.random() < 0.3:
            return self._topic()
        asked, query, title, snippet, answer = self._pick(SEARCHES)
        values = self._values()
        query = query.format(**values)
        hit = Citation(title.format(**values), self._address(), snippet.format(**values))
        hits = [hit, *self._others(query)]
        self._random.shuffle(hits)
        said = answer.format(**values).rstrip(".") + f" [{hits.index(hit) + 1}]."
        wording = self._pick(asked) if self._random.random() < 0.5 else self._pick(SEARCH_ASKS)
        return wording.format(query=query, **values), "web_search", {"query": query}, _marked_hits(hits), said

    def page(self, address: str | None = None) -> Once:
        """A question about a page."""
        address = address or self._address()
        title, text, questions, summary = self._pick(PAGES)
        values = self._values()
        content = f"Title: {title}\nURL: {address}\n\n{text}".format(**values)
        if self._random.random() < 0.5:
            asked, answer = self._pick(PAGE_ASKS), summary
            asked = asked.format(address)
        else:
            question, answer = self._pick(questions)
            frame = self._pick(["{0} {1}", "{1} Look at {0}", "{1} It is on {0}", "Read {0} and tell me: {1}"])
            asked = frame.format(address, question.format(**values))
        return asked, "fetch_page", {"url": address}, mark_as_data(content, address), answer.format(**values)

    def one_after_another(self) -> Rows:
        """A second question, for the same tool or another one, or none."""
        moment = self._moment()
        if self._random.random() < 0.35:
            first, second = self._random.sample(CITIES, 2)
            _, name, arguments, result, answer = self.time(second, moment)
            asked = self._pick(["And in {}?", "and {}?", "What about {}?", "Same for {}, please."]).format(second)
            return _one(self.time(first, moment)) + _one((asked, name, arguments, result, answer))
        if self._random.random() < 0.5:
            return _one(self.any()) + list(self._pick([one for one in CHATS if len(one) == 2]))
        return _one(self.any()) + _one(self.any())

    def two_at_once(self) -> Rows:
        """Two calls in one reply."""
        if self._random.random() < 0.5:
            moment = self._moment()
            places = self._random.sample(CITIES, 2)
            asked = self._pick(
                ["What time is it in {} and in {}?", "time in {} and {}", "Compare the clocks in {} and {}, please."]
            ).format(*places)
            results = [self._clock({"timezone": place}, moment) for place in places]
            times = [result.split(", ")[2][:5] for result in results]
            answer = f"It is {times[0]} in {places[0]} and {times[1]} in {places[1]}."
            calls = [_call("current_time", {"timezone": place}) for place in places]
            return _calls(asked, calls, results, answer)
        one, other = self.sum(), self._pick([self.time, self.sum])()
        joined = self._pick(["{} Also: {}", "{} And then: {}", "Two things. {} {}"])
        asked = joined.format(_ended(one[0]), other[0])
        answer = f"{_ended(one[4])} {other[4]}"
        return _calls(asked, [_call(one[1], one[2]), _call(other[1], other[2])], [one[3], other[3]], answer)

    def search_and_read(self) -> Rows:
        """A search, and then a page that it found."""
        address = self._address()
        _, _, arguments, content, answer = self.page(address)
        title = content.split("Title: ")[1].split("\n")[0]
        hits = [Citation(title, address, "The full text, with all details."), *self._others(title)]
        asked = self._pick(
            [
                "Search for {} and read the best page.",
                "Find the page about {} and sum it up.",
                "Look up {}, open it, and tell me more.",
            ]
        ).format(title)
        searched = [_user(asked), _asks([_call("web_search", {"query": title})])]
        return [
            *searched,
            _result("web_search", _marked_hits(hits)),
            _asks([_call("fetch_page", arguments)]),
            _result("fetch_page", content),
            _says(answer),
        ]

    def failure(self) -> Rows:
        """A call that fails, and an answer that says so."""
        sort = self._pick(["zero", "place", "search", "page"])
        number, place, address = self._random.randint(3, 900), self._pick(PLACES), self._address()
        if sort == "zero":
            asked = self._pick(["What is {} divided by 0?", "{} / 0", "divide {} by zero"]).format(number)
            expression = f"{number} / 0"
            answer = "Division by zero has no result."
            return _one((asked, "calculator", {"expression": expression}, _error(lambda: evaluate(expression)), answer))
        if sort == "place":
            asked, _ = self._pick(CLOCK)
            arguments = {"timezone": place}
            said = _error(lambda: self._clock(arguments, self._moment()))
            answer = f"I couldn't find a time zone for {place}. Which larger city is near it?"
            return _one((asked.format(place), "current_time", arguments, said, answer))
        if sort == "search":
            query = f"{place} {self._pick(['council minutes', 'chess club', 'bus 17', 'bakery prices'])}"
            said = f"No results for {query!r}. Try other or fewer words."
            answer = f'The search found nothing for "{query}". Shall I try other words?'
            return _one((f"Search for {query}.", "web_search", {"query": query}, said, answer))
        status = self._pick(["404 (Not Found)", "403 (Forbidden)", "500 (Internal Server Error)"])
        said = f"{address} answered {status}. Check the address, or search for another page."
        answer = f"I couldn't read the page: {address} answered {status}. Please check the address."
        return _one((self._pick(PAGE_ASKS).format(address), "fetch_page", {"url": address}, said, answer))

    def missing(self) -> Rows:
        """A request that lacks what the tool needs, the question back, and the call."""
        sort, asked, back = self._pick(MISSING)
        if sort == "page":
            address = self._address()
            once = self.page(address)
            return [_user(asked), _says(back), *_one((address, *once[1:]))]
        if sort == "time":
            place = self._pick(CITIES)
            return [_user(asked), _says(back), *_one((place, *self.time(place)[1:]))]
        once = self.sum() if sort == "sum" else self._topic()
        said = once[2]["expression" if sort == "sum" else "query"]
        return [_user(asked), _says(back), *_one((said, *once[1:]))]

    def beyond(self) -> Rows:
        """A request that none of the four tools can fulfil."""
        asked, cannot = self._pick(BEYOND)
        answer = self._pick(
            [
                "I can't {}. I can calculate, tell the time, search the web and read pages.",
                "Sorry, I can't {} here.",
                "I have no tool to {}.",
            ]
        )
        return [_user(asked), _says(answer.format(cannot))]

    def any(self) -> Once:
        """One question for any tool."""
        write: Callable[[], Once] = self._pick([self.sum, self.time, self.search, self.page])
        return write()

    def _several(self, number: int, write: Callable[[], Rows]) -> Iterator[Rows]:
        """So many that begin with different words."""
        seen: set[str] = set()
        fresh = (rows for rows in (write() for _ in range(number * 30)) if _first(rows, seen))
        yield from islice(fresh, number)

    def _borrowed(self, number: int) -> Iterator[Rows]:
        found = []
        for name in BORROWED:
            for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
                messages = json.loads(line)["messages"]
                if messages[0]["role"] == "user" and len(line) < 450 and not NEEDS_TOOL.search(line):
                    found.append(messages)
        yield from self._random.sample(found, number)

    def _topic(self) -> Once:
        """A search with nothing to look for but a subject."""
        query, *facts = self._pick(TOPICS)
        hits = [Citation(title, self._address(), snippet) for title, snippet in facts]
        said = " ".join(f"{hit.snippet.rstrip('.')} [{number}]." for number, hit in enumerate(hits[:2], start=1))
        return self._pick(SEARCH_ASKS).format(query=query), "web_search", {"query": query}, _marked_hits(hits), said

    def _others(self, query: str) -> list[Citation]:
        more = [
            ("{}: pictures", "A gallery with many pictures."),
            ("All about {}", "Articles and links, updated every week."),
            ("{} - quiz", "Ten short questions."),
            ("{} forum", "Ask and answer questions."),
        ]
        return [
            Citation(title.format(query), self._address(), text)
            for title, text in self._random.sample(more, self._pick([1, 1, 2]))
        ]

    def _values(self) -> dict[str, Any]:
        integers = self._random.randint
        return {
            "place": self._pick(PLACES),
            "other": self._pick(PLACES),
            "year": integers(1950, 2025),
            "number": integers(12, 980),
            "big": f"{integers(2, 400)},{integers(100, 999)}",
            "small": integers(2, 30),
            "price": integers(3, 90),
            "opens": f"{integers(7, 11)}:{self._pick(['00', '30'])}",
            "closes": f"{integers(16, 22)}:{self._pick(['00', '30'])}",
            "day": self._pick(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
            "person": self._pick(["Mira", "Oskar", "Lena", "Tomas", "Ines", "Karel", "Paula", "Edvin"])
            + " "
            + self._pick(["Holm", "Varga", "Lindt", "Moreau", "Baric", "Okoye", "Tanner", "Weiss"]),
            "version": f"{integers(1, 9)}.{integers(0, 19)}",
        }

    def _address(self) -> str:
        domain = self._pick(DOMAINS)
        words = ["news", "about", "visit", "help", "start", "events", "prices", "team", "faq", "guide", "menu", "jobs"]
        path = self._pick(["", f"/{self._pick(words)}", f"/{self._pick(words)}/{self._random.randint(2, 999)}"])
        return f"https://{self._pick(['', 'www.'])}{domain}{path}{self._pick(['', '.html']) if path else ''}"

    def _moment(self) -> datetime:
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        return start + timedelta(seconds=self._random.randrange(3 * 365 * 24 * 3600))

    def _clock(self, arguments: dict[str, Any], moment: datetime) -> str:
        run = current_time(timezone.utc, lambda: moment).run
        assert run is not None
        return run(arguments, CallContext()).text.replace("(UTC, UTC+00:00)", "(local time, UTC+00:00)")

    def _pick(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)


def _one(once: Once) -> Rows:
    asked, name, arguments, result, answer = once
    return _calls(asked, [_call(name, arguments)], [result], answer)


def _calls(asked: str, calls: Sequence[dict[str, Any]], results: Sequence[str], answer: str) -> Rows:
    told = [_result(call["name"], result) for call, result in zip(calls, results, strict=True)]
    return [_user(asked), _asks(calls), *told, _says(answer)]


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _says(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _asks(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls)}


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def _result(name: str, text: str) -> dict[str, Any]:
    return {"role": "tool", "name": name, "content": text}


def _marked_hits(hits: Sequence[Citation]) -> str:
    return mark_as_data(show_results(hits), hits[0].url if len(hits) == 1 else "web_search")


def _error(run: Callable[[], Any]) -> str:
    try:
        run()
    except ToolError as error:
        return str(error)
    raise ValueError("this was to fail")


def _half(time: str) -> str:
    return "morning" if time < "12" else "afternoon" if time < "18" else "evening"


def _ended(text: str) -> str:
    return text if text[-1] in ".?!" else text + "."


def _first(rows: Rows, seen: set[str]) -> bool:
    text = json.dumps(rows[0])
    fresh = text not in seen
    seen.add(text)
    return fresh


def lines(seed: int = SEED) -> Iterator[str]:
    """The file's lines."""
    written = list(Writer(seed).dialogues())
    random.Random(seed).shuffle(written)
    for number, messages in zip(count(1), written, strict=False):
        row = {"id": f"tools-built-in-{number:04d}", "thinking": False, "tools": list(NAMES), "messages": messages}
        yield json.dumps(row, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text("".join(lines()), encoding="utf-8")
