import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsBase
from pydantic import TypeAdapter

from playground.errors import CallerError
from playground.events import CallArguments, CallStarted, Finished, TextDelta, ThinkingDelta, Usage
from playground.grammar import Choice, JsonSchema
from playground.messages import Image, Text, Thinking, ToolCall, ToolResult, assistant
from playground.wire.anthropic import NO_EFFECT, UNSUPPORTED, MessagesRequest, read_messages_call
from playground.wire.anthropic_reply import BlockWriter, write_message

PICTURE = Image(b"png", "image/png", 2, 2)
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {"name": "get_weather", "description": "Weather.", "input_schema": {"type": "object"}}
FRAME = TypeAdapter(RawMessageStreamEvent)


def read(**body):
    return read_messages_call({"messages": HELLO, "max_tokens": 50, **body}, read_image=lambda url: PICTURE)


def test_every_option_arrives():
    call = read(temperature=0.2, top_k=3, top_p=0.8, stop_sequences=["END"], system="Be kind.")
    options = call.turn.options
    assert (options.temperature, options.top_k, options.top_p) == (0.2, 3, 0.8)
    assert (options.stop, options.max_tokens) == (("END",), 50)
    more = {"seed": 5, "min_p": 0.1, "presence_penalty": 0.2, "frequency_penalty": 0.3, "repetition_penalty": 1.1}
    more |= {"rounds": 3, "image_tokens": "280", "pan_and_scan": True}
    ours = read(**more)
    assert {name: getattr(ours.turn.options, name) for name in more} == more
    assert ours.warnings == ()
    assert call.turn.messages[0].text == "Be kind."


def test_the_length_must_be_said_unless_tokens_are_only_counted():
    with pytest.raises(CallerError, match="max_tokens is missing"):
        read_messages_call({"messages": HELLO}, read_image=lambda url: PICTURE)
    assert read_messages_call({"messages": HELLO}, read_image=lambda url: PICTURE, counting=True).turn.messages


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_an_unsupported_field_is_refused_by_name(name):
    with pytest.raises(CallerError, match=name):
        read(**{name: {"some": "value"}})


def test_every_field_of_the_official_package_is_honoured_refused_or_reported():
    assert set(MessageCreateParamsBase.__annotations__) <= {*MessagesRequest.model_fields, *UNSUPPORTED, *NO_EFFECT}


def test_the_answer_can_be_held_to_a_schema():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    options = read(output_config={"effort": "max", "format": {"type": "json_schema", "schema": schema}}).turn.options
    assert (options.response_format, options.effort) == (JsonSchema(schema), "high")


def test_thinking_has_a_budget():
    options = read(thinking={"type": "enabled", "budget_tokens": 99}).turn.options
    assert (options.thinking, options.thinking_budget) == ("on", 99)


def test_tool_choice_is_read_and_one_call_can_be_asked_for():
    options = read(tools=[WEATHER], tool_choice={"type": "any", "disable_parallel_tool_use": True}).turn.options
    assert (options.tool_choice, options.parallel_tool_calls) == (Choice("required"), False)
    with pytest.raises(CallerError, match="there are no tools"):
        read(tool_choice={"type": "any"})


def test_a_tool_result_beside_text_keeps_both_in_order():
    messages = [
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "15"}]},
                {"type": "text", "text": "And Rome?"},
            ],
        },
    ]
    seen, called, result, asked = read(messages=messages, tools=[WEATHER]).turn.messages
    assert seen.parts == (PICTURE,)
    assert called.parts == (Thinking("hm"), ToolCall("t1", "get_weather", {"city": "Paris"}))
    assert result.parts == (ToolResult("t1", "get_weather", "15"),)
    assert asked.parts == (Text("And Rome?"),)


def test_a_last_assistant_message_is_the_start_of_the_reply():
    turn = read(messages=[*HELLO, {"role": "assistant", "content": "Once "}]).turn
    assert turn.prefill == "Once"
    assert [message.role for message in turn.messages] == ["user"]
    with pytest.raises(CallerError, match="the start of the reply, which can be text only"):
        read(messages=[*HELLO, {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f"}]}])


def test_a_document_is_read_with_what_is_told_of_it_and_cannot_be_cited():
    document = {"type": "document", "source": {"type": "text", "data": "Green."}, "title": "Sky", "context": "A poem."}
    (message,) = read(messages=[{"role": "user", "content": [document]}]).turn.messages
    assert message.text == "Sky:\nA poem.\nGreen.\n\n"
    with pytest.raises(CallerError, match="citations is enabled"):
        read(messages=[{"role": "user", "content": [{**document, "citations": {"enabled": True}}]}])


def test_a_whole_reply_is_what_the_official_package_expects():
    call = ToolCall("t1", "get_weather", {"city": "Paris"})
    usage = Usage(prompt_tokens=10, cached_tokens=4, completion_tokens=6)
    finished = Finished("tool_calls", (assistant(Thinking("hm"), "Let me see.", call),), usage, 7, pending=(call,))
    reply = AnthropicMessage.model_validate(write_message("msg_1", "embedded", finished, []))
    assert [block.type for block in reply.content] == ["thinking", "text", "tool_use"]
    assert reply.stop_reason == "tool_use"
    assert (reply.usage.input_tokens, reply.usage.cache_read_input_tokens) == (6, 4)


def test_a_stop_sequence_is_reported():
    finished = Finished("stop", (assistant("a"),), Usage(), 1, stop="END")
    reply = AnthropicMessage.model_validate(write_message("msg_1", "embedded", finished, []))
    assert (reply.stop_reason, reply.stop_sequence) == ("stop_sequence", "END")


def test_stream_blocks_open_once_and_close_in_order():
    events = [
        ThinkingDelta("h"),
        ThinkingDelta("m"),
        TextDelta("Let me see."),
        CallStarted("t1", "get_weather"),
        CallArguments("t1", '{"city": "Paris"}'),
        Finished("tool_calls", (), Usage(completion_tokens=3), 1),
    ]
    writer = BlockWriter("msg_1", "embedded", 10)
    frames = [writer.open(), *(frame for event in events for frame in writer.write(event))]
    for name, data in frames:
        assert FRAME.validate_python(data).type == name
    assert [name.removeprefix("content_block_") for name, _ in frames] == [
        "message_start",
        *("start", "delta", "delta", "stop"),
        *("start", "delta", "stop"),
        *("start", "delta", "stop"),
        *("message_delta", "message_stop"),
    ]
    assert [data["index"] for name, data in frames if name == "content_block_start"] == [0, 1, 2]
