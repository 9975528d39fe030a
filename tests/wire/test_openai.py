import json

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsBase

from playground.errors import CallerError
from playground.events import (
    Alternative,
    CallArguments,
    CallReady,
    CallStarted,
    Finished,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    Usage,
)
from playground.grammar import Choice as ToolChoice
from playground.grammar import JsonSchema
from playground.messages import Image, Text, Thinking, ToolCall, ToolResult, assistant
from playground.wire.openai import NO_EFFECT, UNSUPPORTED, ChatRequest, read_chat
from playground.wire.openai_reply import Choice as Reply
from playground.wire.openai_reply import ChunkWriter, ReplyHead, usage_chunk, write_completion

PICTURE = Image(b"png", "image/png", 2, 2)
HEAD = ReplyHead("chatcmpl-1", "embedded", 1, "fp_1")
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather.", "parameters": {"type": "object"}},
}


def read(**body):
    return read_chat({"messages": HELLO, **body}, read_image=lambda url: PICTURE)


def test_every_option_arrives_under_its_own_name():
    sent = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "min_p": 0.1,
        "presence_penalty": 0.2,
        "frequency_penalty": 0.3,
        "repetition_penalty": 1.1,
        "seed": 5,
        "logprobs": True,
        "top_logprobs": 3,
        "parallel_tool_calls": False,
        "rounds": 3,
    }
    options = read(**sent, max_tokens=9, stop="END", logit_bias={"12": -100}).turn.options
    assert {name: getattr(options, name) for name in sent} == sent
    assert (options.max_tokens, options.stop, options.logit_bias) == (9, ("END",), {12: -100})


def test_the_newer_name_of_the_token_limit_wins():
    assert read(max_tokens=5, max_completion_tokens=7).turn.options.max_tokens == 7


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_an_unsupported_field_is_refused_by_name(name):
    with pytest.raises(CallerError, match=name) as refused:
        read(**{name: {"some": "value"}})
    assert refused.value.param == name


def test_every_field_of_the_official_package_is_honoured_refused_or_reported():
    assert set(CompletionCreateParamsBase.__annotations__) <= {*ChatRequest.model_fields, *UNSUPPORTED, *NO_EFFECT}


def test_an_unsupported_field_may_ask_for_nothing():
    assert read(store=False, modalities=["text"], service_tier="auto").warnings == ()


def test_an_unknown_field_is_reported_and_a_useless_one_too():
    warnings = read(wibble=1, user="me").warnings
    assert warnings == ("wibble is not a field of this endpoint; it was ignored.", "user has no effect on this server.")


def test_an_option_out_of_range_is_refused_with_the_range():
    with pytest.raises(CallerError, match=r"temperature is 3\.0: it must lie between 0 and 2"):
        read(temperature=3)


def test_a_wrong_type_is_refused_with_the_value():
    with pytest.raises(CallerError, match=r"n: .*got 'many'"):
        read(n="many")


def test_alternatives_without_log_probabilities_are_refused():
    with pytest.raises(CallerError, match="needs logprobs"):
        read(top_logprobs=2)


@pytest.mark.parametrize(
    ("body", "thinking", "effort"),
    [
        ({}, "auto", "medium"),
        ({"enable_thinking": True}, "on", "medium"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "off", "medium"),
        ({"reasoning_effort": "high"}, "on", "high"),
        ({"reasoning_effort": "none"}, "off", "medium"),
        ({"reasoning_effort": "minimal"}, "on", "low"),
        ({"reasoning": {"effort": "high"}}, "on", "high"),
        ({"reasoning": {"enabled": False}}, "off", "medium"),
        ({"reasoning": {"max_tokens": 50}}, "on", "medium"),
    ],
)
def test_thinking_has_several_switches_that_mean_the_same(body, thinking, effort):
    options = read(**body).turn.options
    assert (options.thinking, options.effort) == (thinking, effort)


def test_a_conversation_with_calls_pictures_and_two_system_texts_keeps_all_of_it():
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    messages = [
        {"role": "system", "content": "One."},
        {"role": "developer", "content": [{"type": "text", "text": "Two."}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "data:x"}}],
        },
        {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "15"},
    ]
    system, user, said, result = read(messages=messages, tools=[WEATHER]).turn.messages
    assert system.text == "One.\n\nTwo."
    assert user.parts == (Text("See"), PICTURE)
    assert said.parts == (Thinking("hm"), ToolCall("c1", "get_weather", {"city": "Paris"}))
    assert result.parts == (ToolResult("c1", "get_weather", "15"),)


def test_two_user_messages_in_a_row_become_one():
    (message,) = read(messages=[*HELLO, {"role": "user", "content": "again"}]).turn.messages
    assert message.text == "Hello\n\nagain"


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"role": "wizard", "content": "x"}, "role is 'wizard'"),
        ({"role": "tool", "tool_call_id": "c9", "content": "x"}, "no earlier assistant message made that call"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "'input_audio'; here it can be text or image_url"),
        ({"role": "user", "content": 5}, "must be text or a list"),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}, "is not JSON"),
        ({"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}, "send the call in tool_calls"),
    ],
)
def test_a_faulty_message_is_refused_by_its_place(message, fault):
    with pytest.raises(CallerError, match=f"messages.1.*{fault}"):
        read(messages=[*HELLO, message])


def test_tool_choice_names_a_tool_or_is_refused():
    named = {"type": "function", "function": {"name": "get_weather"}}
    assert read(tools=[WEATHER], tool_choice=named).turn.options.tool_choice == ToolChoice("named", "get_weather")
    with pytest.raises(CallerError, match="not among the tools"):
        read(tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "other"}})
    with pytest.raises(CallerError, match="there are no tools"):
        read(tool_choice="required")


def test_tool_choice_may_allow_some_tools_only():
    clock = {"type": "function", "function": {"name": "clock"}}
    some = {"mode": "required", "tools": [clock]}
    turn = read(tools=[WEATHER, clock], tool_choice={"type": "allowed_tools", "allowed_tools": some}).turn
    assert ([tool.name for tool in turn.tools], turn.options.tool_choice) == (["clock"], ToolChoice("required"))
    with pytest.raises(CallerError, match="not among the tools: get_weather"):
        read(tools=[WEATHER], tool_choice={"type": "allowed_tools", "allowed_tools": some})


def test_the_words_of_other_servers_are_understood():
    assert read(reasoning={"max_tokens": 50}).turn.options.thinking_budget == 50
    assert read(top_k=-1).turn.options.top_k == 0
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    for wish in ({"guided_json": schema}, {"structured_outputs": {"json": schema}}):
        assert read(**wish).turn.options.response_format == JsonSchema(schema)
    with pytest.raises(CallerError, match=r"structured_outputs\.regex"):
        read(structured_outputs={"regex": "a+"})
    with pytest.raises(CallerError, match="guided_json and response_format both"):
        read(guided_json=schema, response_format={"type": "json_object"})


def test_a_last_message_can_be_the_start_of_the_reply():
    begun = [*HELLO, {"role": "assistant", "content": "Once upon "}]
    turn = read(messages=begun, continue_final_message=True, add_generation_prompt=False).turn
    assert (turn.prefill, [message.role for message in turn.messages]) == ("Once upon ", ["user"])
    assert read(messages=begun).turn.prefill == ""
    with pytest.raises(CallerError, match="needs a last message of the assistant"):
        read(continue_final_message=True)
    with pytest.raises(CallerError, match="add_generation_prompt is false"):
        read(add_generation_prompt=False)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"refusal": "I cannot."}, Text("I cannot.")),
        ({"reasoning": "hm"}, Thinking("hm")),
        ({"reasoning_content": "hm"}, Thinking("hm")),
    ],
)
def test_what_the_assistant_did_not_say_as_content_is_kept(said, part):
    assert read(messages=[*HELLO, {"role": "assistant", **said}, *HELLO]).turn.messages[1].parts == (part,)


def test_options_of_a_stream_want_a_stream():
    assert read(stream=True, stream_options={"include_usage": True}).include_usage
    with pytest.raises(CallerError, match="stream is not set"):
        read(stream_options={"include_usage": True})


def test_a_schema_for_the_answer_is_kept_whole():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    sent = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert read(response_format=sent).turn.options.response_format == JsonSchema(schema)


def test_a_whole_reply_is_what_the_official_package_expects():
    call = ToolCall("c1", "get_weather", {"city": "Zürich"})
    finished = Finished(
        "tool_calls",
        (assistant(Thinking("hm"), Text("Let me see."), call),),
        Usage(prompt_tokens=10, cached_tokens=4, completion_tokens=6, thinking_tokens=2),
        seed=7,
        pending=(call,),
    )
    token = TokenDetail(5, "Let", -0.5, (Alternative(6, "Now", -1.5),))
    written = write_completion(HEAD, [Reply(finished, (token,))], ["careful"])
    reply = ChatCompletion.model_validate(written)
    message = reply.choices[0].message
    assert reply.choices[0].finish_reason == "tool_calls"
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Zürich"}
    assert message.reasoning_content == "hm"
    assert reply.usage.prompt_tokens_details.cached_tokens == 4
    assert reply.usage.completion_tokens_details.reasoning_tokens == 2
    assert reply.choices[0].logprobs.content[0].top_logprobs[0].token == "Now"
    assert (written["seed"], written["warnings"]) == (7, ["careful"])


def test_chunks_add_up_to_the_reply():
    events = [
        ThinkingDelta("hm"),
        TextDelta("Let me "),
        TextDelta("see."),
        CallStarted("c1", "get_weather"),
        CallArguments("c1", '{"city": '),
        CallArguments("c1", '"Paris"}'),
        CallReady(ToolCall("c1", "get_weather", {"city": "Paris"})),
        Finished("tool_calls", (), Usage(), 1),
    ]
    writer = ChunkWriter(HEAD)
    written = [writer.open(), *(chunk for event in events for chunk in writer.write(event)), usage_chunk(HEAD, Usage())]
    chunks = [ChatCompletionChunk.model_validate(chunk) for chunk in written]
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == "Let me see."
    pieces = [delta.tool_calls[0] for delta in deltas if delta.tool_calls]
    assert pieces[0].id == "c1"
    assert "".join(piece.function.arguments or "" for piece in pieces) == '{"city": "Paris"}'
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage is not None
