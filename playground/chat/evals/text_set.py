"""A small set of our own without pictures: arithmetic, tools, instructions, reading, structured answers. 30 cases."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from playground.chat.evals.cases import Case, Check

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["name", "age", "city"],
}
LABEL = {
    "type": "object",
    "properties": {"label": {"enum": ["praise", "complaint", "question"]}},
    "required": ["label"],
}
SUMS = (
    ("23 * 19", 437),
    ("144 / 12", 12),
    ("918 - 277", 641),
    ("3 ** 7", 2187),
    ("17.5 + 4.25", 21.75),
    ("512 / 16", 32),
)
"""Expressions and what they come to."""
PEOPLE = (("Marta", 34, "Lisbon"), ("Jonas", 51, "Oslo"), ("Priya", 28, "Pune"), ("Tom", 9, "Cork"))
SAID = (
    ("The lamp arrived broken and nobody answers my calls.", "complaint"),
    ("Thank you, the repair was quick and friendly!", "praise"),
    ("Do you also deliver on Saturdays?", "question"),
    ("I waited two hours and then was sent away.", "complaint"),
)
NOTES = (
    ("The meeting moved from Tuesday to Thursday at ten.", "On which day is the meeting now?", "Thursday"),
    ("Ivy has a cat. Ben has a dog. Cleo has neither.", "Who has a dog?", "Ben"),
    ("The red box holds nails and the blue box holds screws.", "Which box holds screws?", "blue"),
    ("The train to Bern leaves from platform seven.", "From which platform? Answer with the word.", "seven"),
    ("Water boils at 100 degrees at the sea.", "At how many degrees does water boil at the sea?", "100"),
)


@lru_cache(maxsize=1)
def text_set() -> tuple[Case, ...]:
    """All cases, in order of their categories."""
    rows: list[tuple[str, str, Check, dict[str, Any]]] = []
    for sum_, result in SUMS:
        tools = {"tools": ("calculator",)}
        rows.append(("arithmetic", f"What is {sum_}?", Check("number", float(result), 0.005), tools))
    for sum_, _ in SUMS[:3]:
        rows.append(
            ("tools", f"Use the calculator: {sum_}", Check("calls", ["calculator"]), {"tools": ("calculator",)})
        )
    for place in ("Tokyo", "Lima", "Cairo"):
        clock = {"tools": ("current_time", "calculator")}
        rows.append(("tools", f"What time is it in {place}?", Check("calls", ["current_time"]), clock))
    for word in ("river", "window", "Thursday"):
        rows.append(("instructions", f"Answer with this one word and nothing else: {word}", Check("equals", word), {}))
    rows.append(("instructions", "Write the word blue in capital letters.", Check("regex", r"\bBLUE\b"), {}))
    rows.append(("instructions", "Count from 1 to 5.", Check("regex", r"1\D+2\D+3\D+4\D+5"), {}))
    for note, question, answer in NOTES:
        rows.append(("reading", f"{note} {question}", Check("contains", [answer]), {}))
    for name, age, city in PEOPLE:
        wanted = Check("json", {"name": name, "age": age, "city": city})
        rows.append(
            ("structured", f"Extract: {name} is {age} years old and lives in {city}.", wanted, {"schema": PERSON})
        )
    for text, label in SAID:
        rows.append(
            ("structured", f"Classify this message: {text}", Check("json", {"label": label}), {"schema": LABEL})
        )
    return tuple(
        Case(f"{category}-{number}", category, prompt, check, **more)
        for number, (category, prompt, check, more) in enumerate(rows, start=1)
    )
