"""Files of conversations, ours and OpenAI's, and those that are neither."""

import json

import pytest

from playground.errors import CallerError
from playground.messages import assistant, user
from playground.ui.importing import FORMAT, read_import
from playground.ui.transcript import Exchange, Transcript, dump, load


def no_picture(_):
    raise AssertionError("no picture was asked for")


def ours(*conversations):
    return {"format": FORMAT, "version": 1, "conversations": list(conversations)}


TALK = Transcript((Exchange(user("hi"), (assistant("hello"),)),))


def test_an_export_of_ours_keeps_messages_title_and_settings():
    row = {"title": "Mine", "pinned": True, "saved": 5, "settings": {"system": "x"}, "exchanges": dump(TALK)}
    (record,) = read_import(json.loads(json.dumps(ours(row))), no_picture)
    assert load(record["exchanges"], record["images"]) == TALK
    assert (record["title"], record["pinned"], record["saved"], record["settings"]) == (
        "Mine",
        True,
        5,
        {"system": "x"},
    )


def test_openai_messages_in_every_wrapping():
    messages = [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
    ]
    for document in (messages, {"messages": messages}, [{"messages": messages}]):
        (record,) = read_import(document, no_picture)
        assert load(record["exchanges"], {}) == TALK
        assert record["settings"] == {"system": "Be kind"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (7, "must be an export of this page"),
        ({"format": FORMAT, "version": 2, "conversations": []}, "newer version"),
        (ours({"exchanges": [{"messages": 1}]}), "Conversation 1 cannot be read: its messages are damaged"),
        (ours({"exchanges": dump(TALK)}, 7), "Conversation 2 cannot be read: It is int"),
        ({"messages": []}, "does not begin with a message of role user"),
        ([{"role": "assistant", "content": "hello"}], "does not begin with a message of role user"),
        ([{"role": "user", "content": {"a": 1}}], "Conversation 1 cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(document, words):
    with pytest.raises(CallerError, match=words):
        read_import(document, no_picture)
