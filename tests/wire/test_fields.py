"""Nothing inside a body is dropped without a word, and a fault is told by the field that it stands in."""

import pytest
from anthropic.types import DocumentBlockParam, TextBlockParam, ThinkingConfigEnabledParam, ToolParam
from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionUserMessageParam
from openai.types.responses import EasyInputMessageParam, FunctionToolParam, WebSearchToolParam
from openai.types.responses.response_create_params import StreamOptions
from openai.types.shared_params import Reasoning

from playground.errors import CallerError
from playground.wire.anthropic import read_messages_call
from playground.wire.openai import read_chat
from playground.wire.responses import read_responses

HELLO = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {}}
DOCUMENT = {"type": "document", "source": {"type": "text", "data": "The sky is green."}}


def chat(**body):
    return read_chat({"messages": [HELLO], **body}, lambda url: None)


def responses(**body):
    return read_responses({"input": "Hello", **body}, lambda url: None, lambda response_id: ())


def claude(**body):
    return read_messages_call({"messages": [HELLO], "max_tokens": 9, **body}, lambda url: None)


def block(kind, own):
    return claude(messages=[{"role": "user", "content": [{**kind, **own}]}])


INSIDE = [
    (ChatCompletionUserMessageParam, "role content", lambda own: chat(messages=[{**HELLO, **own}])),
    (
        ChatCompletionAssistantMessageParam,
        "role content tool_calls refusal",
        lambda own: chat(messages=[HELLO, {"role": "assistant", "content": "Yes.", **own}, HELLO]),
    ),
    (EasyInputMessageParam, "role content type", lambda own: responses(input=[{**HELLO, **own}])),
    (Reasoning, "effort summary", lambda own: responses(reasoning=own)),
    (StreamOptions, "", lambda own: responses(stream_options=own)),
    (
        FunctionToolParam,
        "type name description parameters strict",
        lambda own: responses(tools=[{"type": "function", "name": "f", **own}]),
    ),
    (WebSearchToolParam, "type", lambda own: responses(tools=[{"type": "web_search", **own}])),
    (TextBlockParam, "type text", lambda own: block({"type": "text", "text": "Hello"}, own)),
    (DocumentBlockParam, "type source title context", lambda own: block(DOCUMENT, own)),
    (
        ToolParam,
        "type name description input_schema strict",
        lambda own: claude(tools=[{"name": "f", "input_schema": SCHEMA, **own}]),
    ),
    (ThinkingConfigEnabledParam, "type budget_tokens", lambda own: claude(thinking={"type": "enabled", **own})),
]


def told(read, name, value):
    """What is said of a field: the warnings, or the refusal."""
    try:
        return " ".join(read({name: value}).warnings)
    except CallerError as error:
        return error.message


@pytest.mark.parametrize(("form", "used", "read"), INSIDE, ids=[row[0].__name__ for row in INSIDE])
def test_each_field_of_the_official_types_is_read_reported_or_refused(form, used, read):
    others = set(form.__annotations__) - set(used.split())
    assert others
    for name in others:
        assert f".{name} " in f"{told(read, name, {'enabled': True})} ".replace(":", " "), name


def test_a_field_of_many_items_is_reported_once():
    blocks = [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}] * 3
    warnings = claude(messages=[{"role": "user", "content": blocks}], system=blocks[:1]).warnings
    assert [warning.split()[0] for warning in warnings] == [
        "messages.*.content.*.cache_control",
        "system.*.cache_control",
    ]


def test_fields_that_say_nothing_are_not_reported():
    said = {"role": "assistant", "content": "Yes.", "audio": None, "function_call": None, "annotations": None}
    assert chat(messages=[HELLO, said, HELLO]).warnings == ()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"logit_bias": {"many": 1}}, "logit_bias.many"),
        ({"stop": 5}, "stop"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
    ],
)
def test_a_fault_is_told_by_its_field(body, place):
    with pytest.raises(CallerError) as refused:
        chat(**body)
    assert refused.value.param == place


def test_what_was_sent_is_quoted_in_short():
    with pytest.raises(CallerError) as refused:
        chat(audio="x" * 5000)
    assert len(refused.value.message) < 200
