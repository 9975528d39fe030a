"""A tab's conversation through the browser and back."""

import json

import PIL.Image
import pytest

from playground.errors import CallerError
from playground.events import (
    CallArguments,
    CallReady,
    CallStarted,
    Finished,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    Usage,
)
from playground.images import from_picture
from playground.messages import Source, Text, Thinking, ToolCall, ToolResult, assistant, tool, user
from playground.ui.segments import Call, GrowingReply, Thought, Words, segments_of
from playground.ui.transcript import LOST_PICTURE, Exchange, ReplyNote, Transcript, dump, dump_images, load, note_of

PICTURE = from_picture(PIL.Image.new("RGB", (40, 30), "red"))
PHOTO = from_picture(PIL.Image.effect_noise((64, 48), 90).convert("RGB"), lossy=True)
CALL = ToolCall("c1", "search", {"query": "x"})
RESULT = ToolResult("c1", "search", "found", sources=(Source("A", "https://a.example"),))
NOTE = ReplyNote("embedded", Usage(10, 2, 5), 7, "stop", thought_seconds=(1.5,), call_seconds={"c1": 0.25})
ANSWER = (assistant(Thinking("hm"), CALL), tool(RESULT), assistant("done"))
FULL = Transcript(
    (
        Exchange(user(PICTURE, PHOTO, "  indented\n\n"), ANSWER, NOTE),
        Exchange(user("more"), (assistant(CALL),), NOTE, pending=(CALL,)),
    )
)


def through_the_browser(transcript):
    return json.loads(json.dumps([dump(transcript), dump_images(transcript.images)]))


def test_nothing_is_lost_on_the_way_through_the_browser():
    assert load(*through_the_browser(FULL)) == FULL


def test_pictures_keep_their_very_bytes_so_that_caches_know_them():
    loaded = load(*through_the_browser(FULL))
    assert [image.digest for image in loaded.images] == [PICTURE.digest, PHOTO.digest]


def test_pictures_are_stored_once_and_named_when_the_browser_lost_them():
    exchanges, images = through_the_browser(FULL)
    assert PICTURE.digest in json.dumps(exchanges)
    assert images[PICTURE.digest] not in json.dumps(exchanges)
    question = load(exchanges, {}).exchanges[0].question
    assert question.parts[0] == Text(LOST_PICTURE)


@pytest.mark.parametrize("broken", [[{}], [{"messages": []}], {"a": 1}, [[]], "text"])
def test_what_is_no_transcript_is_refused_in_words(broken):
    with pytest.raises(CallerError, match="cannot be read"):
        load(broken, {})


def grown(*events):
    clock = iter(range(100))
    reply = GrowingReply(clock=lambda: float(next(clock)))
    for event in events:
        reply.take(event)
    return reply


EVENTS = (
    ThinkingDelta("h"),
    ThinkingDelta("m"),
    CallStarted("c1", "search"),
    CallArguments("c1", '{"query"'),
    CallArguments("c1", ': "x"}'),
    CallReady(CALL),
    ToolFinished(RESULT, 0.25),
    TextDelta("do"),
    TextDelta("ne"),
    Finished("stop", ANSWER, Usage(), 7),
)


def test_a_reply_that_grew_looks_as_the_same_reply_does_later():
    reply = grown(*EVENTS)
    later = segments_of(ANSWER, reply.thought_seconds, reply.thought_tokens, reply.call_seconds)
    assert [type(segment) for segment in reply.segments] == [Thought, Call, Words]
    assert reply.segments[0] == later[0]
    assert (reply.segments[1].call, reply.segments[1].result, reply.segments[1].seconds) == (CALL, RESULT, 0.25)
    assert (later[1].call, later[1].result, later[1].seconds) == (CALL, RESULT, 0.25)
    assert reply.segments[2] == later[2]


def test_an_id_that_comes_again_is_a_call_of_its_own():
    again = ToolCall("c1", "search", {"query": "y"})
    reply = grown(*EVENTS[:7], CallStarted("c1", "search"), CallReady(again))
    first, second = (segment for segment in reply.segments if isinstance(segment, Call))
    assert first.result == RESULT
    assert second.call == again
    assert second.result is None


def test_a_reply_that_went_on_after_the_person_answered_counts_as_one():
    end = Finished("stop", (), Usage(prompt_tokens=4, completion_tokens=2), 9)
    note = note_of(end, grown(ThinkingDelta("x"), TextDelta("y")), "embedded", NOTE)
    assert note.usage.prompt_tokens == 14
    assert note.usage.completion_tokens == 7
    assert note.thought_seconds == (1.5, 1.0)
    assert note.call_seconds == {"c1": 0.25}
