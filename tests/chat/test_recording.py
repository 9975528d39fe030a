"""A recorded reply is written again, token for token; and a changed one says where it differs."""

import base64
import io
import json
import threading

import PIL.Image
import pytest

from playground.chat.loop import run
from playground.chat.recording import read_recording, record, replay, verdict
from playground.errors import CallerError, PlaygroundError
from playground.events import Finished
from playground.grammar import Choice, JsonSchema
from playground.images import read_image
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import load_tiny
from tools.from_function import tool

asked = []


@tool
def oracle(question: str) -> str:
    """Ask the oracle."""
    asked.append(question)
    return f"answer number {len(asked)}"


def written(embedded, turn, toolbox=None):
    """A reply's document after a journey through JSON, as a file would make it."""
    end = list(run(turn, embedded, toolbox or {}, threading.Event()))[-1]
    assert isinstance(end, Finished), end
    return json.loads(json.dumps(record(turn, end)))


def read(document):
    return read_recording(document, lambda data: read_image(data, "A recorded picture"))


def again(embedded, document, **changes):
    recording = read(document)
    end = list(replay(recording, embedded, threading.Event(), changes))[-1]
    assert isinstance(end, Finished), end
    return verdict(recording, end)


def picture():
    drawn = io.BytesIO()
    PIL.Image.new("RGB", (64, 48), "red").save(drawn, "PNG")
    return read_image(drawn.getvalue(), "red.png")


@pytest.mark.parametrize(
    ("messages", "options"),
    [
        ((user("Hello! Who are you?"),), {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "max_tokens": 24}),
        (
            (user("Give me a colour."),),
            {"response_format": JsonSchema({"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}})},
        ),
        ((user("Hello"),), {"stop": ("e",), "logit_bias": {40: 1.5}, "presence_penalty": 0.5, "max_tokens": 16}),
    ],
    ids=["sampled", "schema", "penalties"],
)
def test_a_recorded_reply_is_written_again_to_the_token(embedded, messages, options):
    found = again(embedded, written(embedded, Turn(messages, options=Options(**options))))
    assert found.identical, found.text
    assert found.text.startswith("Identical: the same ")
    assert "differs" not in found.text


def test_a_recorded_picture_is_looked_at_again(tmp_path):
    sees = load_tiny("gemma3", tmp_path)
    found = again(sees, written(sees, Turn((user(picture(), "What colour?"),), options=Options(max_tokens=16))))
    sees.close()
    assert found.identical, found.text


def test_tools_answer_from_the_recording_and_do_not_run(embedded):
    asked.clear()
    options = Options(tool_choice=Choice("named", "oracle"), rounds=2, max_tokens=60, temperature=0)
    document = written(embedded, Turn((user("Ask the oracle."),), (oracle.spec,), options), {"oracle": oracle})
    times = len(asked)
    assert times >= 1
    assert again(embedded, document).identical
    assert len(asked) == times


def test_a_call_that_is_not_in_the_recording_ends_the_replay_as_pending(embedded):
    options = Options(tool_choice=Choice("named", "oracle"), max_tokens=60, temperature=0)
    document = written(embedded, Turn((user("Ask the oracle."),), (oracle.spec,), options), {"oracle": oracle})
    document["card"]["tool_calls"] = []
    end = list(replay(read(document), embedded, threading.Event()))[-1]
    assert (end.reason, len(end.pending)) == ("tool_calls", 1)
    assert not verdict(read(document), end).identical


def test_a_changed_option_says_where_the_reply_differs_and_that_options_do(embedded):
    turn = Turn((user("Tell me about yourself."),), options=Options(temperature=1.5, top_k=0, top_p=1.0, max_tokens=24))
    document = written(embedded, turn)
    first = document["card"]["turns"][0]["output_ids"][0]
    found = again(embedded, document, logit_bias={first: -100})
    assert not found.identical
    assert found.token is not None
    assert "What went in differs too: options" in found.text


def test_a_changed_option_out_of_range_is_refused_with_the_range(embedded):
    document = written(embedded, Turn((user("Hi"),), options=Options(max_tokens=4)))
    with pytest.raises(CallerError, match="between 0 and 2"):
        again(embedded, document, temperature=3)


def test_a_reply_that_was_stopped_is_the_same_up_to_there(embedded):
    cancel, turn = threading.Event(), Turn((user("Tell me about yourself."),), options=Options(seed=4, max_tokens=60))
    events = []
    for event in run(turn, embedded, {}, cancel):
        events.append(event)
        if sum(type(one).__name__ == "TextDelta" for one in events) == 2:
            cancel.set()
    assert events[-1].reason == "cancelled"
    found = again(embedded, json.loads(json.dumps(record(turn, events[-1]))))
    assert found.identical
    assert found.text.startswith("Identical up to where the reply was stopped")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda d: d.update(version=9), "newer version"),
        (lambda d: d.update(format="other"), "format"),
        (lambda d: d["card"].update(turns=[]), "card.turns"),
        (lambda d: d["card"]["turns"][0].update(output_ids="no"), "output_ids"),
        (lambda d: d["options"].update(temperature=9), "temperature is 9"),
        (lambda d: d["options"].update(response_format={"type": "x"}), "response_format"),
        (lambda d: d["messages"].append({"role": "wizard", "parts": []}), "Message 2"),
        (lambda d: d.update(more=1), "more"),
        (
            lambda d: d["messages"][0]["parts"].append(
                {"type": "image", "data": base64.b64encode(b"no picture").decode()}
            ),
            "recorded picture",
        ),
    ],
)
def test_a_broken_recording_is_refused_by_what_is_wrong(embedded, spoil, complaint):
    document = written(embedded, Turn((user("Hi"),), options=Options(max_tokens=4)))
    spoil(document)
    with pytest.raises(PlaygroundError, match=complaint):
        read(document)


@pytest.mark.parametrize("nothing", [None, [], "text", 3])
def test_what_is_no_object_is_no_recording(nothing):
    with pytest.raises(CallerError, match="no recording"):
        read(nothing)
