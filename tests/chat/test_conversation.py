"""What the page does to a conversation leaves a conversation, and its JSON brings back the same value."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.chat.conversation import (
    NO_RESULT,
    edit,
    exchanges,
    from_json,
    retry,
    to_json,
    unanswered,
    undo,
    with_all_results,
)
from playground.errors import CallerError, UnsupportedInput
from playground.messages import (
    Image,
    Message,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool,
    user,
)

ONE, TWO = ToolCall("c1", "add", {"a": 1}), ToolCall("c2", "add", {"a": 2})
RESULT = ToolResult(
    "c1", "add", "2", sources=(Source("A", "https://a.example/", "snippet"), Source("B", "https://b.example/"))
)
PICTURE = Image(b"\x89PNG picture", "image/png", 4, 3)
CHAT = (
    system("Be brief."),
    user(PICTURE, "What is this?"),
    assistant(Thinking("Hm."), "A cat.", ONE),
    tool(RESULT),
    assistant("Two."),
    user("And this?"),
    assistant("A dog."),
)


def read_image(data):
    if not data.startswith(b"\x89PNG"):
        raise UnsupportedInput("That is no picture.")
    return Image(data, "image/png", 4, 3)


def test_editing_a_message_drops_what_followed_it():
    assert edit(CHAT, 1, PICTURE, Text("Who is this?")) == (CHAT[0], user(PICTURE, "Who is this?"))
    assert edit(CHAT, 6, Text("A wolf."))[-1] == assistant("A wolf.")


def test_a_retry_takes_back_the_whole_last_reply():
    assert retry(CHAT) == CHAT[:6]
    assert retry(CHAT[:5]) == CHAT[:2]
    assert retry(()) == ()


def test_an_undo_gives_the_question_back():
    assert undo(CHAT) == (CHAT[:5], CHAT[5])
    assert undo(CHAT[:5]) == (CHAT[:1], CHAT[1])
    assert undo(CHAT[:1]) == (CHAT[:1], None)


@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ((user("x"), assistant(ONE, TWO)), (ONE, TWO)),
        ((user("x"), assistant(ONE, TWO), tool(RESULT)), (TWO,)),
        ((user("x"), assistant(ONE), tool(RESULT)), ()),
        ((user("x"), assistant(ONE, TWO), tool(RESULT), tool(ToolResult("c2", "add", "3"))), ()),
        ((user("x"), assistant(ONE), user("y")), ()),
        (CHAT, ()),
        ((), ()),
        ((tool(RESULT),), ()),
    ],
)
def test_calls_at_the_end_without_a_result_are_found(messages, calls):
    assert unanswered(messages) == calls


def test_calls_that_were_passed_over_get_a_result_right_after_them():
    messages = (user("x"), assistant(ONE, TWO), tool(RESULT), user("y"), assistant(TWO))
    missing = tool(ToolResult("c2", "add", NO_RESULT, is_error=True))
    assert with_all_results(messages) == (*messages[:2], missing, *messages[2:])
    assert with_all_results(CHAT) == CHAT


def test_a_conversation_is_cut_before_each_question():
    assert exchanges(CHAT[1:]) == [CHAT[1:5], CHAT[5:]]
    assert exchanges((assistant("Hello!"), user("Hi"), user("there"))) == [
        (assistant("Hello!"), user("Hi")),
        (user("there"),),
    ]
    assert exchanges(()) == []


def test_the_json_brings_back_the_same_conversation():
    document = json.loads(json.dumps(to_json(CHAT)))
    assert document["version"] == 1
    assert from_json(document, read_image) == CHAT


TEXTS = st.text(max_size=5)
PARTS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Thinking, TEXTS),
    st.builds(ToolCall, TEXTS, TEXTS, st.dictionaries(TEXTS, st.integers() | TEXTS | st.lists(st.booleans()))),
    st.builds(
        ToolResult, TEXTS, TEXTS, TEXTS, st.booleans(), st.lists(st.builds(Source, TEXTS, TEXTS, TEXTS)).map(tuple)
    ),
    st.builds(
        Image, st.binary(max_size=9).map(lambda data: b"\x89PNG" + data), st.just("image/png"), st.just(4), st.just(3)
    ),
)
MESSAGES = st.builds(
    Message, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(PARTS, max_size=2).map(tuple)
)


@settings(max_examples=50)
@given(st.lists(MESSAGES, max_size=3).map(tuple))
def test_the_json_of_any_conversation_brings_it_back(messages):
    assert from_json(json.loads(json.dumps(to_json(messages))), read_image) == messages


@given(st.lists(st.sampled_from([CHAT[1], CHAT[2], CHAT[3]]), max_size=8).map(tuple))
def test_exchanges_are_the_conversation_in_pieces(messages):
    pieces = exchanges(messages)
    assert tuple(message for piece in pieces for message in piece) == messages
    assert all(sum(message.role == "user" for message in piece) <= 1 for piece in pieces)


def saved(*parts, role="user", version=1):
    return {"version": version, "messages": [{"role": role, "parts": list(parts)}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "needs `version` and a list `messages`"),
        ({"messages": []}, "needs `version` and a list `messages`"),
        (saved(version=2), r"saved by a newer version \(2\); this one reads 1"),
        (saved(role="robot"), "Message 1 of the saved conversation needs a known `role`"),
        (saved({"type": "video"}), "Message 1 .* has a part that cannot be read: 'video'"),
        (saved({"type": "text", "text": 3}), "Message 1 .* has a part that cannot be read: 'text'"),
        (saved("hi"), "Message 1 .* has a part that cannot be read: 'hi'"),
        (saved({"type": "call", "id": "1", "name": "x", "arguments": "{}"}), "has a part that cannot be read: 'call'"),
        (saved({"type": "image", "data": "?"}), "has a picture that is no base64"),
        (saved({"type": "image", "data": base64.b64encode(b"GIF").decode()}), "That is no picture"),
    ],
)
def test_what_is_no_saved_conversation_is_refused_with_its_place(document, said):
    with pytest.raises(CallerError, match=said):
        from_json(document, read_image)


def test_broken_sources_do_not_lose_a_conversation():
    part = {
        "type": "result",
        "call_id": "c",
        "name": "n",
        "text": "t",
        "sources": [{"title": "A", "url": "u"}, 3, {"url": "u"}],
    }
    (message,) = from_json(saved(part, role="tool"), read_image)
    assert message == tool(ToolResult("c", "n", "t", sources=(Source("A", "u"),)))
