"""Read the held-out cases: JSON lines to conversations that a dialect can render. The schema is in README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playground.messages import Message, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tools import web_page, web_search
from tools.built_in import BUILT_IN_SPECS
from tools.safe_fetch import Fetched
from tools.tool import Citation, ToolSpec
from tools.untrusted import mark_as_data

FIRST = Path(__file__).parent
FRESH = FIRST / "fresh"
"""Written when no failure had been read and by nobody who wrote training data; the first set has lost that."""
SETS = {"fresh": FRESH, "first": FIRST}
FILES = ("calls", "answers", "talk", "refusals", "thinking")


@dataclass(frozen=True)
class Case:
    """One conversation, and what a right reply to it is."""

    id: str
    task: str
    turn: Turn
    expected: Mapping[str, Any]

    @property
    def thinking(self) -> bool:
        """Whether the reply opens with a thought."""
        return self.turn.options.thinking == "on"


@cache
def read_tools(folder: Path) -> dict[str, ToolSpec]:
    """Every tool that the cases of a set offer, by name: the invented ones and the app's own."""
    invented = [ToolSpec(row["name"], row["description"], row["parameters"]) for row in _rows(folder, "tools")]
    return {spec.name: spec for spec in [*invented, *BUILT_IN_SPECS]}


def read_cases(folder: Path) -> list[Case]:
    """All cases of a set, in the order of its files."""
    tools = read_tools(folder)
    return [_case(row, tools) for name in FILES for row in _rows(folder, name)]


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _case(row: Mapping[str, Any], tools: Mapping[str, ToolSpec]) -> Case:
    opening = [system(row["system"])] if "system" in row else []
    specs = tuple(tools[name] for name in row.get("tools", ()))
    options = Options(thinking="on" if row.get("thinking") else "off", temperature=0)
    turn = Turn((*opening, *_messages(row["messages"])), specs, options)
    return Case(row["id"], row["task"], turn, row["expected"])


def _messages(rows: Sequence[Mapping[str, Any]]) -> list[Message]:
    messages: list[Message] = []
    calls: tuple[ToolCall, ...] = ()
    for row in rows:
        match row:
            case {"user": text}:
                messages.append(user(text))
            case {"assistant": text}:
                messages.append(assistant(text))
            case {"calls": made}:
                calls = tuple(ToolCall(str(n), call["name"], call["parameters"]) for n, call in enumerate(made))
                messages.append(assistant(*calls))
            case {"results": given}:
                results = (
                    ToolResult(call.id, call.name, result_text(result))
                    for call, result in zip(calls, given, strict=True)
                )
                messages.append(tool(*results))
            case _:
                raise ValueError(f"A message has keys {sorted(row)}; README.md lists those that are known.")
    return messages


def result_text(result: Mapping[str, Any]) -> str:
    """A result as the model reads it, with what comes from the web marked as data, as the app marks it."""
    match result:
        case {"hits": hits}:
            found = [Citation(hit["title"], hit["url"], hit["snippet"]) for hit in hits]
            return mark_as_data(web_search.show(found), "web_search")
        case {"page": {"url": url, "title": title, "text": text}}:
            html = f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"
            read = web_page.read_page(Fetched(url, 200, "text/html", "utf-8", html.encode()))
            return mark_as_data(read.text, "fetch_page")
        case _:
            return str(result["text"])
