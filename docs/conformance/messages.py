"""What `anthropic` gets from `/v1/messages`."""

from __future__ import annotations

from typing import Any

import anthropic

from docs.conformance.probing import CLAUDE_WEATHER, QUESTION, WEATHER, Server, drawn, probe


@probe("Messages", "text with full usage fields")
def _messages(server: Server) -> None:
    reply = server.anthropic.messages.create(model="auto", max_tokens=60, messages=QUESTION)
    assert reply.content[0].text
    assert reply.usage.input_tokens
    assert reply.usage.cache_read_input_tokens is not None


@probe("Messages", "streaming")
def _messages_stream(server: Server) -> None:
    with server.anthropic.messages.stream(model="auto", max_tokens=60, messages=QUESTION) as events:
        assert "".join(events.text_stream)


@probe("Messages", "tools, tool_choice any")
def _messages_tools(server: Server) -> None:
    reply = server.anthropic.messages.create(
        model="auto", max_tokens=100, tools=[CLAUDE_WEATHER], tool_choice={"type": "any"},
        messages=[{"role": "user", "content": "Weather in Paris?"}],
    )  # fmt: skip
    assert any(block.type == "tool_use" for block in reply.content)


@probe("Messages", "a tool's result sent back, and a system text")
def _messages_blocks(server: Server) -> None:
    call = {"type": "tool_use", "id": "a", "name": "get_weather", "input": {"city": "Paris"}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": "15 degrees"}
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    tool = {"name": "get_weather", "input_schema": WEATHER["parameters"]}
    reply = server.anthropic.messages.create(
        model="auto", max_tokens=60, system="Be brief.", messages=messages, tools=[tool]
    )
    assert reply.content


@probe("Messages", "a picture, counted as count_tokens counts it")
def _messages_picture(server: Server) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": drawn("red")}
    content: Any = [{"type": "image", "source": source}, {"type": "text", "text": "Which colour?"}]
    asked: Any = {"model": server.seeing, "messages": [{"role": "user", "content": content}]}
    usage = server.anthropic.messages.create(**asked, max_tokens=8).usage
    count = server.anthropic.messages.count_tokens(**asked).input_tokens
    assert usage.input_tokens + (usage.cache_read_input_tokens or 0) == count
    assert count > server.anthropic.messages.count_tokens(model=server.seeing, messages=QUESTION).input_tokens


@probe("Messages", "the start of the reply is given, and does not come back, streamed or whole")
def _messages_begun(server: Server) -> None:
    begun: Any = [*QUESTION, {"role": "assistant", "content": "I am called"}]
    asked: Any = {"model": "auto", "max_tokens": 20, "messages": begun, "extra_body": {"temperature": 0}}
    whole = server.anthropic.messages.create(**asked).content[0].text
    with server.anthropic.messages.stream(**asked) as events:
        assert "".join(events.text_stream) == whole
    assert not whole.startswith("I am called")


@probe("Messages", "a path and a field that are not there are told in this API's own shape")
def _messages_errors(server: Server) -> None:
    said: list[Any] = []
    for ask in (server.anthropic.messages.batches.list, lambda: server.anthropic.messages.create(
        model="auto", max_tokens=5, messages=QUESTION, container="x"
    )):  # fmt: skip
        try:
            ask()
        except anthropic.APIStatusError as error:
            said.append(error.body)
    assert [body["error"]["type"] for body in said] == ["not_found_error", "invalid_request_error"]


@probe("Messages", "stop_sequences, with stop_sequence set")
def _messages_stop(server: Server) -> None:
    reply = server.anthropic.messages.create(model="auto", max_tokens=60, messages=QUESTION, stop_sequences=["e"])
    assert (reply.stop_reason, reply.stop_sequence) == ("stop_sequence", "e")


@probe("Messages", "thinking with a budget")
def _messages_thinking(server: Server) -> None:
    question = [{"role": "user", "content": "Anna has 12 apples and gives away 5. How many are left?"}]
    reply = server.anthropic.messages.create(
        model="auto", max_tokens=2000, messages=question, thinking={"type": "enabled", "budget_tokens": 1024}
    )
    assert reply.content[0].type == "thinking"


@probe("Messages", "count_tokens")
def _messages_count(server: Server) -> None:
    assert server.anthropic.messages.count_tokens(model="auto", messages=QUESTION).input_tokens
