"""What makes a reply right: reads calls, compares arguments, looks for words. Knows no model and no files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.expression import evaluate
from tools.tool import ToolError

HONEST = (
    "demo", "demonstration", "gemma", "can't", "cannot", "can not", "couldn't", "could not", "don't know",
    "do not know", "unable", "not able", "not trained", "too small", "beyond", "never learned", "no idea",
)  # fmt: skip
"""Signs that a reply admits it cannot answer: any one will do."""
THINK_TAGS = ("<think>", "</think>")


@dataclass(frozen=True)
class Call:
    """A call as the model wrote it."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`passed`: the reply is right. `chosen`: it calls the right tools, or none. `exact`: with the right arguments.

    `chosen` is None where a case expects no particular calls, `exact` where no right call was made.
    """

    passed: bool
    chosen: bool | None = None
    exact: bool | None = None


def judge(expected: Mapping[str, Any], reply: str, *, thinking: bool = False) -> Verdict:
    """Whether a reply is what a case expects. With thinking, it must close its thought; without, it has no tags."""
    if thinking:
        thought, closed, reply = reply.partition(THINK_TAGS[1])
        if not closed or not thought.strip():
            return Verdict(False)
    if any(tag in reply for tag in THINK_TAGS):
        return Verdict(False)
    calls = read_calls(reply)
    if "calls" in expected:
        return _judge_calls(expected["calls"], reply, calls)
    return Verdict(calls is None and is_text(reply) and _says_all(expected, reply))


def read_calls(reply: str) -> list[Call] | None:
    """The calls of a reply whose every line is one object of a name and parameters; None when it is text."""
    calls = []
    for line in reply.strip().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            return None
        if not isinstance(row, dict) or row.keys() != {"name", "parameters"} or not isinstance(row["parameters"], dict):
            return None
        calls.append(Call(str(row["name"]), row["parameters"]))
    return calls or None


def is_text(reply: str) -> bool:
    """Whether a reply is words for a person: not empty, and no call that went wrong."""
    return bool(re.search(r"\w", reply)) and '"parameters"' not in reply


def matches(expected: Any, value: Any) -> bool:
    """Whether an argument is the expected one. See README.md for the `$` forms."""
    match expected:
        case {"$any": choices}:
            return any(matches(choice, value) for choice in choices)
        case {"$has": words}:
            return isinstance(value, str) and all(word.casefold() in value.casefold() for word in words)
        case {"$value": text}:
            return isinstance(value, str) and _comes_to(text, value)
        case list():
            same_length = isinstance(value, list) and len(value) == len(expected)
            return same_length and all(map(matches, expected, value))
        case _:
            # In Python, True == 1; in JSON it is not.
            return isinstance(expected, bool) == isinstance(value, bool) and bool(expected == value)


def says(text: str, alternatives: Iterable[str]) -> bool:
    """Whether any of the alternatives stands in the text as whole words; `*` stands for the rest of a word."""
    plain = _plain(text)
    return any(re.search(_pattern(_plain(choice)), plain) for choice in alternatives)


def _judge_calls(expected: Sequence[Mapping[str, Any]], reply: str, calls: list[Call] | None) -> Verdict:
    if not expected:
        quiet = calls is None and is_text(reply)
        return Verdict(quiet, quiet)
    made = calls or []
    chosen = sorted(call.name for call in made) == sorted(row["name"] for row in expected)
    if not chosen:
        return Verdict(False, False)
    exact = _pairs_up(list(expected), made)
    return Verdict(exact, True, exact)


def _pairs_up(expected: list[Mapping[str, Any]], made: list[Call]) -> bool:
    """Whether each expected call has one of its own among those made, in whatever order."""
    if not expected:
        return not made
    first, rest = expected[0], expected[1:]
    fitting = (index for index, call in enumerate(made) if _is_call(first, call))
    return any(_pairs_up(rest, made[:index] + made[index + 1 :]) for index in fitting)


def _is_call(expected: Mapping[str, Any], call: Call) -> bool:
    wanted = expected["parameters"]
    return (
        expected["name"] == call.name
        and wanted.keys() == call.parameters.keys()
        and all(matches(wanted[name], call.parameters[name]) for name in wanted)
    )


def _says_all(expected: Mapping[str, Any], reply: str) -> bool:
    letters = "".join(filter(str.isalpha, reply))
    return (
        all(says(reply, alternatives) for alternatives in expected.get("says", ()))
        and (not expected.get("honest") or says(reply, HONEST))
        and {"upper": letters.upper(), "lower": letters.lower()}.get(expected.get("style", ""), letters) == letters
        and len(reply.split()) <= expected.get("max_words", len(reply.split()))
    )


def _comes_to(expected: str, written: str) -> bool:
    try:
        return abs(float(evaluate(expected)) - float(evaluate(written))) < 1e-9
    except (ToolError, OverflowError):
        return False


def _plain(text: str) -> str:
    """In small letters, with straight quotes, single spaces and no commas inside numbers."""
    straight = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("\N{NO-BREAK SPACE}", " ")
    return " ".join(re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", straight).split())


def _pattern(choice: str) -> str:
    """The choice as whole words. A number is not found inside another: 4 is neither in 14 nor in 4.5."""
    words = re.escape(choice).replace(r"\*", r"[\w':.-]*")
    before = r"(?<!\w)(?<!\d\.)" if choice[0].isalnum() else ""
    after = r"(?!\w)(?!\.\d)" if choice[-1].isalnum() else ""
    return before + words + after
