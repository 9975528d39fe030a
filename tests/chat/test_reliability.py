"""Phrasings are read or refused by their line; each outcome is judged by what should have happened."""

import threading

import pytest

from playground.backends.scripted import ScriptedBackend, calls, says
from playground.chat.reliability import measure, read_phrasings, score
from playground.errors import CallerError, ServerError
from playground.events import Failed
from playground.options import Options
from tools.from_schema import read_spec

SPEC = read_spec(
    {
        "name": "find_order",
        "description": "Look up an order.",
        "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
    }
)
TEXT = """
order 12 -> {"number": 12}
wrong 13 -> {"number": 13}
hello -> no call
chatty -> no call
any order
silent
broken -> {"number": 1}
"""


def script(turn):
    text = turn.messages[-1].text
    if "broken" in text:
        return [Failed(ServerError("The engine stopped."))]
    if "order" in text or "wrong" in text:
        return calls("find_order", {"number": 12})
    if "chatty" in text:
        return calls("find_order", {"number": "seven"})
    return says("Hi there")


def outcomes(text=TEXT, cancel=None, others=()):
    backend = ScriptedBackend(script, repeat=True)
    return measure(SPEC, read_phrasings(text, SPEC), backend, Options(), cancel or threading.Event(), others)


def test_every_outcome_is_judged_by_what_should_have_happened():
    found = {one.phrasing.text: one for one in outcomes()}
    assert found["order 12"].passed
    assert (found["wrong 13"].decided, found["wrong 13"].exact, found["wrong 13"].passed) == (True, False, False)
    assert found["hello"].passed
    assert (found["chatty"].decided, found["chatty"].valid) == (False, False)
    assert found["any order"].passed
    assert found["any order"].exact is None
    assert (found["silent"].decided, found["silent"].said) == (False, "Hi there")
    assert (found["broken"].failed, found["broken"].said) == (True, "The engine stopped.")


def test_the_score_counts_only_what_was_asked_for():
    found = score(outcomes())
    assert found.asked == 7
    assert found.passed == pytest.approx(3 / 7)
    assert found.called_when_needed == pytest.approx(3 / 5)
    assert found.silent_when_not == 0.5
    assert found.valid_arguments == pytest.approx(3 / 4)
    assert found.exact_arguments == pytest.approx(1 / 3)
    only = score(outcomes("any order"))
    assert (only.silent_when_not, only.exact_arguments) == (None, None)


def test_a_cancelled_run_stops_before_the_next_phrasing():
    cancel = threading.Event()
    running = outcomes(cancel=cancel)
    next(running)
    cancel.set()
    assert list(running) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no phrasing"),
        ("a\n" * 201, "201 phrasings"),
        ("fine\n-> no call", "Line 2 has no request"),
        ("x -> perhaps", "Line 1: after -> stands 'perhaps'"),
        ("x -> [1]", "Line 1"),
        ('x -> {"number": "twelve"}', "Line 1 expects arguments that the tool does not take"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text, complaint):
    with pytest.raises(CallerError, match=complaint):
        read_phrasings(text, SPEC)


def test_an_arrow_in_the_request_itself_belongs_to_it():
    (found,) = read_phrasings("go a -> b -> no call", SPEC)
    assert (found.text, found.wants_call) == ("go a -> b", False)
