"""Find calls that are written as text: JSON objects as they grow, and Python or JSON lists once they are whole.

Python is read as syntax, never run.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal, TypeAlias

from playground.turn import Turn

Written: TypeAlias = tuple[str, dict[str, Any]]
"""A call as read: the tool's name and its arguments."""
Fit: TypeAlias = Literal["yes", "more", "no"]
"""Whether a text begins as expected. `more`: it does so far, and ended too early to tell."""


def call_ids(turn: Turn) -> Iterator[str]:
    """Ids for the calls of one reply: the same whenever the turn is the same, and not those of an earlier turn."""
    last = turn.messages[-1] if turn.messages else None
    place = f"{len(turn.messages)} {last!r}"
    number = 0
    while True:
        yield "call_" + hashlib.sha256(f"{number} {place}".encode()).hexdigest()[:16]
        number += 1


def begins(text: str, start: int, literals: Sequence[str]) -> tuple[Fit, int]:
    """Whether the literals follow one another from `start`, with any white space before each; and where they end."""
    for literal in literals:
        while start < len(text) and text[start].isspace():
            start += 1
        found = text[start : start + len(literal)]
        if found != literal:
            return ("more" if literal.startswith(found) else "no"), start
        start += len(literal)
    return "yes", start


class ObjectEnd:
    """Finds the end of a JSON object in text that comes in parts. The text starts at its `{`."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def find(self, text: str) -> int | None:
        """How many characters of `text` belong to the object, when it ends here; None when it goes on."""
        for at, char in enumerate(text):
            if self._escaped:
                self._escaped = False
            elif self._in_string:
                self._escaped = char == "\\"
                self._in_string = char != '"'
            elif char == '"':
                self._in_string = True
            elif char in "{[":
                self._depth += 1
            elif char in "}]":
                self._depth -= 1
                if self._depth == 0:
                    return at + 1
        return None


def json_object(text: str) -> dict[str, Any] | None:
    """The object that the text is; None when it is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def written_calls(text: str, names: Collection[str]) -> list[Written] | None:
    """The calls that the whole text is: a JSON list of call objects, or Python calls with literal keyword arguments.

    None when it is anything else, or names a tool that is not declared.
    """
    calls = _json_calls(text)
    if calls is None:
        calls = _python_calls(text)
    return calls if calls and all(name in names for name, _ in calls) else None


def _json_calls(text: str) -> list[Written] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list):
        return None
    shape = {"name", "parameters"}
    if not all(isinstance(value, dict) and value.keys() == shape for value in values):
        return None
    calls = [(value["name"], value["parameters"]) for value in values]
    return calls if all(isinstance(name, str) and isinstance(args, dict) for name, args in calls) else None


def _python_calls(text: str) -> list[Written] | None:
    """`[f(a=1), g()]`, or one call a line."""
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes: list[ast.expr] = []
    for statement in body:
        if not isinstance(statement, ast.Expr):
            return None
        nodes += statement.value.elts if isinstance(statement.value, ast.List) else [statement.value]
    calls = [_python_call(node) for node in nodes]
    return [call for call in calls if call is not None] if None not in calls else None


def _python_call(node: ast.expr) -> Written | None:
    """One call; None when it is no call of a plain name with nothing but literal keyword arguments."""
    if not isinstance(node, ast.Call) or node.args:
        return None
    try:
        name = ast.unparse(node.func)
        arguments = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
        whole = all(word.arg is not None for word in node.keywords)
        return (name, json.loads(json.dumps(arguments))) if whole else None
    except (ValueError, TypeError, RecursionError):
        return None
