"""The scripted backend keeps a backend's promises, so that what is tested with it holds for real ones."""

import threading
import time

import pytest

from playground.backends.scripted import Pause, ScriptedBackend, calls, says, thinks
from playground.errors import ServerError
from playground.events import CallReady, Failed, Finished, TextDelta
from playground.messages import Image, Message, Text, Thinking, ToolCall, user
from playground.turn import Turn

HELLO = Turn((user("Hello there"),))


def replies(backend, turn=HELLO, cancel=None):
    return list(backend.reply(turn, cancel or threading.Event()))


def test_a_reply_in_words_is_spelled_by_its_deltas_and_by_its_message():
    events = replies(ScriptedBackend(says(" Good  day,\nyou. ")))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == " Good  day,\nyou. "
    assert events[-1].messages == (Message("assistant", (Text(" Good  day,\nyou. "),)),)
    assert events[-1].reason == "stop"


def test_thoughts_and_calls_stand_in_the_message_in_their_order():
    events = replies(ScriptedBackend([*thinks("Hm, add."), *calls("add", {"a": 1}), *calls("add", {"a": 2}, "call_2")]))
    one, two = ToolCall("call_1", "add", {"a": 1}), ToolCall("call_2", "add", {"a": 2})
    assert [event.call for event in events if isinstance(event, CallReady)] == [one, two]
    assert events[-1].messages[0].parts == (Thinking("Hm, add."), one, two)
    assert (events[-1].reason, events[-1].pending) == ("tool_calls", (one, two))


def test_each_turn_gets_the_next_script_and_the_turns_are_kept():
    backend = ScriptedBackend(says("one"), lambda turn: says(f"You said {turn.messages[-1].text}"))
    assert replies(backend)[-1].messages[0].text == "one"
    assert replies(backend)[-1].messages[0].text == "You said Hello there"
    assert backend.turns == [HELLO, HELLO]


def test_a_turn_beyond_the_last_script_fails_and_says_so():
    backend = ScriptedBackend(says("one"))
    replies(backend)
    (failed,) = replies(backend)
    assert isinstance(failed, Failed)
    assert failed.error.message == "The script has 1 replies; this is turn 2. Add a reply."


def test_repeating_starts_again_after_the_last_script():
    backend = ScriptedBackend(says("one"), says("two"), repeat=True)
    assert [replies(backend)[-1].messages[0].text for _ in range(3)] == ["one", "two", "one"]


def test_a_scripted_failure_is_the_only_terminal_event():
    events = replies(ScriptedBackend([TextDelta("Well"), Failed(ServerError("Out of memory."))]))
    assert [type(event) for event in events] == [TextDelta, Failed]


def test_cancel_ends_a_pause_at_once_and_keeps_what_was_said():
    cancel = threading.Event()
    stream = ScriptedBackend([TextDelta("Well"), Pause(60), TextDelta("never")]).reply(HELLO, cancel)
    assert next(stream) == TextDelta("Well")
    threading.Timer(0.05, cancel.set).start()
    started = time.monotonic()
    (finished,) = stream
    assert time.monotonic() - started < 5
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.messages[0].text) == ("cancelled", "Well")


@pytest.mark.parametrize(("seed", "expected"), [(7, 7), (None, None)])
def test_the_seed_is_the_one_asked_for_or_a_fresh_one(seed, expected):
    turn = Turn(HELLO.messages, options=HELLO.options.model_copy(update={"seed": seed}))
    finished = replies(ScriptedBackend(says("hi")), turn)[-1]
    assert isinstance(finished.seed, int)
    assert expected is None or finished.seed == expected


def test_tokens_are_words_and_images_and_one_per_message():
    picture = Image(b"png", "image/png", 1, 1)
    turn = Turn((Message("system", (Text("Be brief"),)), user("What is this?", picture)))
    count = ScriptedBackend().count_tokens(turn)
    assert (count.system, count.images, count.total) == (2, 256, 2 + 3 + 256 + 2)
