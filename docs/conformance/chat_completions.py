"""What `openai` gets from `/v1/chat/completions`."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from docs.conformance.probing import QUESTION, WEATHER, Box, Server, picture, probe, refused


@probe("Chat completions", "text, usage, finish reason, system_fingerprint")
def _text(server: Server) -> None:
    reply = server.chat()
    assert reply.choices[0].message.content
    assert reply.usage.total_tokens
    assert reply.system_fingerprint
    assert reply.choices[0].finish_reason in {"stop", "length"}


@probe("Chat completions", "the same seed, the same reply")
def _seed(server: Server) -> None:
    first, second = (server.chat(temperature=1.5).choices[0].message.content for _ in range(2))
    assert first == second


@probe("Chat completions", "streaming with usage")
def _stream(server: Server) -> None:
    chunks = list(server.chat(stream=True, stream_options={"include_usage": True}))
    assert any(chunk.choices and chunk.choices[0].delta.content for chunk in chunks)
    assert chunks[-1].usage.completion_tokens


@probe("Chat completions", "n, stop, logprobs, logit_bias, penalties, top_k, min_p, repetition_penalty")
def _options(server: Server) -> None:
    reply = server.chat(
        n=2, stop=["zzz"], logprobs=True, top_logprobs=3, logit_bias={"50": -100}, presence_penalty=0.5,
        frequency_penalty=0.5, extra_body={"top_k": 20, "min_p": 0.01, "repetition_penalty": 1.1},
    )  # fmt: skip
    assert len(reply.choices) == 2
    assert len(reply.choices[0].logprobs.content[0].top_logprobs) == 3


@probe("Chat completions", "a picture for a model that reads text only is refused, with the names of models that see")
def _image(server: Server) -> None:
    parts = [{"type": "text", "text": "Which colour?"}, {"type": "image_url", "image_url": {"url": picture()}}]
    refused(lambda: server.chat(messages=[{"role": "user", "content": parts}]), "choose a model that sees: gemma-")


@probe("Chat completions", "a picture for a model that sees: the reply depends on it, and its tokens are counted")
def _seen(server: Server) -> None:
    def ask(*parts: Any) -> Any:
        content = [{"type": "text", "text": "Which colour?"}, *parts]
        return server.chat(model=server.seeing, messages=[{"role": "user", "content": content}], logprobs=True)

    plain = ask()
    red, again, blue = (
        ask({"type": "image_url", "image_url": {"url": picture(colour)}}) for colour in ("red", "red", "blue")
    )
    first = [reply.choices[0].logprobs.content[0].logprob for reply in (red, again, blue)]
    assert first[0] == first[1] != first[2]
    assert red.usage.prompt_tokens > plain.usage.prompt_tokens


@probe("Chat completions", "tools: required, named, none, and a result sent back")
def _tools(server: Server) -> None:
    tools = [{"type": "function", "function": WEATHER}]
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    named = {"type": "function", "function": {"name": "get_weather"}}
    for choice in ("required", named):
        reply = server.chat(messages=messages, tools=tools, tool_choice=choice)
        (call,) = reply.choices[0].message.tool_calls[:1]
        assert isinstance(json.loads(call.function.arguments)["city"], str)
    assert not server.chat(messages=messages, tools=tools, tool_choice="none").choices[0].message.tool_calls
    said = reply.choices[0].message.model_dump(exclude_none=True)
    said["tool_calls"] = said["tool_calls"][:1]
    result = {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}
    assert server.chat(messages=[*messages, said, result], tools=tools).choices[0].message.content


@probe("Chat completions", "tools that the server runs itself (server_tools)")
def _server_tools(server: Server) -> None:
    messages = [{"role": "user", "content": "What is 23 * 19?"}]
    reply = server.chat(messages=messages, temperature=0, extra_body={"server_tools": ["calculator"]})
    assert "437" in reply.choices[0].message.content


@probe("Chat completions", "structured output: parse() with a pydantic class")
def _parse(server: Server) -> None:
    reply = server.openai.chat.completions.parse(
        model="auto", messages=QUESTION, response_format=Box, max_tokens=200, temperature=0
    )
    assert isinstance(reply.choices[0].message.parsed, Box)


@probe("Chat completions", "thinking: reasoning_effort, and reasoning_content in the reply")
def _thinking(server: Server) -> None:
    question = [{"role": "user", "content": "Anna has 12 apples and gives away 5. How many are left?"}]
    message = server.chat(messages=question, reasoning_effort="low", max_tokens=300).choices[0].message
    assert message.reasoning_content


@probe("Chat completions", "a known field that is not supported is refused by name, vLLM's and OpenRouter's too")
def _unsupported(server: Server) -> None:
    refused(lambda: server.chat(audio={"voice": "alloy", "format": "wav"}), "audio")
    for field in ("guided_regex", "stop_token_ids", "top_a", "transforms"):
        refused(lambda field=field: server.chat(extra_body={field: ["a"]}), field)


@probe("Chat completions", "fields of OpenRouter and vLLM: reasoning, include_reasoning, guided_json, top_k -1")
def _elsewhere(server: Server) -> None:
    message = server.chat(max_tokens=300, extra_body={"reasoning": {"max_tokens": 40}}).choices[0].message
    assert message.reasoning_content
    hidden = server.chat(max_tokens=300, extra_body={"reasoning": {"max_tokens": 40, "exclude": True}})
    assert not hasattr(hidden.choices[0].message, "reasoning_content")
    assert hidden.usage.completion_tokens_details.reasoning_tokens
    schema = {"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"]}
    shaped = server.chat(extra_body={"guided_json": schema, "top_k": -1}).choices[0].message.content
    assert isinstance(json.loads(shaped)["n"], bool)


@probe("Chat completions", "continue_final_message: the start of the reply is given, and does not come back")
def _begun(server: Server) -> None:
    begun = [*QUESTION, {"role": "assistant", "content": "I am called"}]
    said = server.chat(messages=begun, extra_body={"continue_final_message": True}).choices[0].message.content
    assert said
    assert not said.startswith("I am called")


@probe("Chat completions", "an option out of range is refused with the range")
def _range(server: Server) -> None:
    refused(lambda: server.chat(temperature=3), "between 0 and 2")


@probe("Chat completions", "an unknown field is reported in warnings, at any depth")
def _unknown(server: Server) -> None:
    reply = server.chat(messages=[{**QUESTION[0], "name": "Ada"}], extra_body={"moonbeam": 1})
    assert [warning.split()[0] for warning in reply.warnings] == ["moonbeam", "messages.*.name"]


@probe(
    "Chat completions", "json_schema: a keyword that cannot be held to is refused by name, and let go by strict false"
)
def _strict(server: Server) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"], "not": {"const": "y"}}}, "required": ["a"]}
    shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    refused(lambda: server.chat(response_format=shape), "not")
    shape["json_schema"]["strict"] = False
    assert json.loads(server.chat(response_format=shape).choices[0].message.content) == {"a": "x"}


@probe("Chat completions", "json_schema: recursion, 2,000 words, number ranges, nested lists, Unicode names")
def _schemas(server: Server) -> None:
    tree = {
        "type": "object",
        "properties": {
            "größe📏": {"type": "integer", "minimum": -3, "maximum": 12},
            "word": {"enum": [f"käse-{number}-名" for number in range(2000)]},
            "grid": {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}, "maxItems": 2}},
            "kids": {"type": "array", "items": {"$ref": "#"}, "maxItems": 1},
        },
        "required": ["größe📏", "word", "grid", "kids"],
        "additionalProperties": False,
    }
    tree["properties"]["grid"]["maxItems"] = 2
    shape = {"type": "json_schema", "json_schema": {"name": "tree", "schema": tree, "strict": True}}
    for seed in range(3):
        reply = server.chat(response_format=shape, max_tokens=2000, seed=seed, temperature=1.5).choices[0]
        assert reply.finish_reason == "stop"
        jsonschema.validate(json.loads(reply.message.content), tree)


@probe("Chat completions", "chat_template_kwargs.enable_thinking")
def _template(server: Server) -> None:
    reply = server.chat(max_tokens=400, extra_body={"chat_template_kwargs": {"enable_thinking": True}})
    assert reply.usage.completion_tokens_details.reasoning_tokens


@probe("Chat completions", "an image URL of a private network is refused")
def _private(server: Server) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x.png"}}]
    refused(lambda: server.chat(messages=[{"role": "user", "content": parts}]), "cannot be fetched")
