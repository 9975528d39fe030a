"""The embedded model and the real tools, through the loop: asked in many ways, it calls and answers with the result."""

import json
import re
import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from playground.chat.loop import run
from playground.events import Finished
from playground.messages import ToolResult, user
from playground.options import Options
from playground.turn import Turn
from tests.tools.internet import serving
from tools.built_in import built_in_tools

SUMS = {
    "What is 48 * 17?": 816,
    "How much is 1250 divided by 8?": 156.25,
    "Please add 389 and 746.": 1135,
    "Calculate 12.5 * 8.": 100,
    "Compute (23 + 19) * 4": 168,
    "What's 2048 / 32?": 64,
    "Use the calculator: 99 * 101": 9999,
    "A ticket costs 37 euros. What do 14 tickets cost?": 518,
    "Subtract 478 from 1003.": 525,
    "Can you work out 7.5 times 12.4 for me?": 93,
}
FOUND = {"title": "Lighthouse", "url": "https://lights.example/", "content": "A tower with a bright light."}


def results_of(end):
    """Each call of a reply with its result."""
    calls = [call for message in end.messages for call in message.calls]
    results = {part.call_id: part for message in end.messages for part in message.parts if isinstance(part, ToolResult)}
    return [(call, results[call.id]) for call in calls]


def ask(embedded, text, tools, **options):
    toolbox = {tool.spec.name: tool for tool in tools}
    turn = Turn((user(text),), tuple(tool.spec for tool in tools), Options(temperature=0, max_tokens=200, **options))
    end = list(run(turn, embedded, toolbox, threading.Event()))[-1]
    assert isinstance(end, Finished), end
    return end


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", ""))]


@pytest.mark.thorough
def test_sums_are_left_to_the_calculator_however_they_are_asked_for(embedded):
    wrong, silent = [], []
    for text, value in SUMS.items():
        end = ask(embedded, text, built_in_tools())
        calls = [(call.name, numbers(result.text)) for call, result in results_of(end)]
        if not any(name == "calculator" and value in found for name, found in calls):
            wrong.append((text, calls))
        elif value not in numbers(end.messages[-1].text):
            silent.append((text, end.messages[-1].text))
    assert len(wrong) <= 2, wrong
    assert len(silent) <= 2, silent


def test_the_clock_is_asked_for_the_time(embedded):
    end = ask(embedded, "What time is it in Tokyo?", built_in_tools())
    ((call, result),) = results_of(end)
    assert call.name == "current_time"
    assert "tokyo" in str(call.arguments["timezone"]).lower()
    assert str(datetime.now(ZoneInfo("Asia/Tokyo")).year) in result.text
    assert re.search(r"\d{1,2}:\d\d", end.messages[-1].text)


def test_a_search_is_answered_from_what_was_found(embedded):
    found = (200, {"Content-Type": "application/json"}, json.dumps({"results": [FOUND]}).encode())
    with serving({"/search": found}) as engine:
        end = ask(embedded, "Search the web for lighthouses.", built_in_tools(searxng_url=engine.url))
    ((call, result),) = results_of(end)
    assert call.name == "web_search"
    assert "[1] Lighthouse" in result.text
    assert "bright light" in end.messages[-1].text
