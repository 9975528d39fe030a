"""Every reply is noted once, however it ends, and its events pass unchanged."""

import threading

import pytest

from playground.backends.scripted import ScriptedBackend, says
from playground.chat.loop import run
from playground.chat.metered import Meter
from playground.errors import CallerError
from playground.events import Failed, Usage
from playground.messages import user
from playground.turn import Turn
from playground.usage_log import Caller

CALLER = Caller("page", "tests")


def watched(events):
    noted = []
    return Meter((lambda *note: noted.append(note),)).watch(events, CALLER, "scripted"), noted


def reply(*script):
    return run(Turn((user("Hello"),)), ScriptedBackend(script), {}, threading.Event())


def test_a_finished_reply_is_noted_with_its_reason_and_tokens():
    events, noted = watched(reply(says("Hi there")))
    passed = list(events)
    ((caller, model, outcome, usage, seconds),) = noted
    assert (caller, model, outcome) == (CALLER, "scripted", "stop")
    assert usage == passed[-1].usage
    assert seconds >= 0


def test_a_failed_reply_is_noted_by_its_code():
    def failing():
        yield Usage(prompt_tokens=3)
        yield Failed(CallerError("no", code="some_code"))

    events, noted = watched(failing())
    list(events)
    assert noted[0][2] == "some_code"
    assert noted[0][3].prompt_tokens == 3


def test_a_reader_that_leaves_closes_the_reply_and_it_is_noted_as_cancelled():
    closed = []

    def endless():
        try:
            while True:
                yield Usage(completion_tokens=1)
        finally:
            closed.append(True)

    events, noted = watched(endless())
    next(events)
    events.close()
    assert closed == [True]
    assert [note[2] for note in noted] == ["cancelled"]


def test_an_error_passes_and_the_reply_is_noted():
    def broken():
        yield Usage()
        raise RuntimeError("broken")

    events, noted = watched(broken())
    with pytest.raises(RuntimeError, match="broken"):
        list(events)
    assert len(noted) == 1
