"""Writes docs/conformance.md: what the official packages get from this server, each line tried when it was written.

Run `python docs/make_conformance.py`. It starts the app with the embedded model, and with a tiny one that sees and is
otherwise witless (random weights, Gemma 3's architecture), and asks through `openai`, `anthropic`, `gradio_client` and
`mcp`. A test compares the page's lines with the probes here.
"""

from __future__ import annotations

import asyncio
import base64
import importlib.metadata
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import anthropic
import jsonschema
import openai
import PIL.Image
from gradio_client import Client as GradioClient
from mcp import Client as McpClient
from pydantic import BaseModel, Field

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conformance.md"
PACKAGES = ("openai", "anthropic", "gradio_client", "mcp", "gradio", "transformers", "torch")
QUESTION: list[Any] = [{"role": "user", "content": "Hello! Who are you?"}]
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLAUDE_WEATHER = {"name": "get_weather", "description": "Weather.", "input_schema": WEATHER["parameters"]}


class Box(BaseModel):
    """What `parse` is asked for. Bounded, as a model this small would write a free text for ever."""

    colour: Literal["red", "green", "blue"]
    apples: int = Field(ge=0, le=99)


Probe = Callable[["Server"], object]
PROBES: list[tuple[str, str, Probe]] = []


class Server:
    """The clients of one running server. `seeing` is its model that takes pictures."""

    def __init__(self, url: str, seeing: str) -> None:
        self.url = url
        self.seeing = seeing
        self.openai = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        self.anthropic = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)

    def chat(self, **fields: Any) -> Any:
        """A chat completion of at most 60 tokens."""
        return self.openai.chat.completions.create(
            **{"model": "auto", "messages": QUESTION, "max_tokens": 60, "seed": 7, **fields}
        )


def probe(group: str, name: str) -> Callable[[Probe], Probe]:
    """Register a probe: it raises AssertionError, or the client's own error, when the feature does not work."""

    def add(function: Probe) -> Probe:
        PROBES.append((group, name, function))
        return function

    return add


def refused(ask: Callable[[], object], word: str) -> None:
    """The request is answered with 400, and the message names the field."""
    said = ""
    try:
        ask()
    except openai.BadRequestError as error:
        said = str(error)
    assert word in said, said or f"{word} was not refused"


def drawn(colour: str) -> str:
    """A square as a PNG in base64."""
    file = io.BytesIO()
    PIL.Image.new("RGB", (96, 96), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def picture(colour: str = "red") -> str:
    """The same as a data URL."""
    return f"data:image/png;base64,{drawn(colour)}"


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


@probe("Responses", "text, and a conversation by previous_response_id")
def _responses(server: Server) -> None:
    first = server.openai.responses.create(model="auto", input="My name is Ada.", max_output_tokens=60)
    second = server.openai.responses.create(
        model="auto", input="What is my name?", previous_response_id=first.id, max_output_tokens=60
    )
    assert second.output_text
    assert server.openai.responses.retrieve(second.id).output_text == second.output_text
    server.openai.responses.delete(second.id)


@probe("Responses", "streaming events")
def _responses_stream(server: Server) -> None:
    with server.openai.responses.stream(model="auto", input="Hello!", max_output_tokens=40) as events:
        kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert "response.output_text.delta" in kinds
    assert kinds[-1] in {"response.completed", "response.incomplete"}


@probe("Responses", "parse() with a pydantic class")
def _responses_parse(server: Server) -> None:
    reply = server.openai.responses.parse(model="auto", input="Who?", text_format=Box, temperature=0)
    assert isinstance(reply.output_parsed, Box)


@probe("Responses", "function tools")
def _responses_tools(server: Server) -> None:
    reply = server.openai.responses.create(
        model="auto", input="Weather in Paris?", tools=[{"type": "function", **WEATHER}], tool_choice="required"
    )
    assert any(item.type == "function_call" for item in reply.output)


@probe("Responses", "tools of unknown types are reported, not fatal")
def _responses_unknown(server: Server) -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    reply = server.openai.responses.create(model="auto", input="Hello!", tools=tools, max_output_tokens=40)
    assert reply.output_text
    assert "code_interpreter" in reply.warnings[0]


@probe("Responses", "background, cancel, input_items and delete")
def _responses_background(server: Server) -> None:
    responses = server.openai.responses
    made = responses.create(model="auto", input="Tell me a story.", background=True, max_output_tokens=2000)
    assert responses.cancel(made.id).status in {"cancelled", "completed"}
    assert responses.input_items.list(made.id).data
    responses.delete(made.id)


@probe("Responses", "a picture, and input_tokens to count it")
def _responses_picture(server: Server) -> None:
    def ask(*parts: Any) -> Any:
        content = [{"type": "input_text", "text": "Which colour?"}, *parts]
        return {"model": server.seeing, "input": [{"role": "user", "content": content}]}

    seen = ask({"type": "input_image", "image_url": picture(), "detail": "auto"})
    count = server.openai.responses.input_tokens.count
    reply = server.openai.responses.create(**seen, max_output_tokens=8)
    assert reply.usage.input_tokens == count(**seen).input_tokens > count(**ask()).input_tokens


@probe("Responses", "web_search is run here and told as its own item")
def _responses_search(server: Server) -> None:
    reply = server.openai.responses.create(
        model="auto", input="Search the web for Gemma.", tools=[{"type": "web_search"}],
        tool_choice={"type": "web_search"}, max_output_tokens=300,
    )  # fmt: skip
    assert reply.output[0].type == "web_search_call"


@probe("Completions", "a raw prompt goes on")
def _completions(server: Server) -> None:
    assert server.openai.completions.create(model="auto", prompt="Hello", max_tokens=8).usage.completion_tokens


@probe("Models", "list and retrieve")
def _models(server: Server) -> None:
    first = server.openai.models.list().data[0]
    assert server.openai.models.retrieve(first.id).id == first.id


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


@probe("Gradio", "/chat, /models, /count_tokens, /replay")
def _gradio(server: Server) -> None:
    client = GradioClient(server.url, verbose=False)
    _, reply = client.predict(message="Hello!", seed=7, recording=True, api_name="/chat")
    assert client.predict(recording=reply["recording"], api_name="/replay")[1]["identical"]
    assert client.predict(api_name="/models")
    assert client.predict(message="Hello!", api_name="/count_tokens")["total"]


@probe("MCP", "the built-in tools over streamable HTTP")
def _mcp(server: Server) -> None:
    async def ask() -> str:
        async with McpClient(f"{server.url}/mcp") as client:
            answer = await client.call_tool("calculator", {"expression": "23 * 19"})
            return str(getattr(answer.content[0], "text", ""))

    assert "437" in asyncio.run(ask())


def page(results: list[tuple[str, str, str]]) -> str:
    """The page, from (group, feature, outcome) rows."""
    used = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    rows = "\n".join(f"| {group} | {name} | {outcome} |" for group, name, outcome in results)
    day = datetime.now(timezone.utc).date()
    return (
        "# What the official packages get\n\n"
        "Written by `python docs/make_conformance.py`, which asks a running server with the embedded model (and, for\n"
        "pictures, a tiny random one that sees) through the official packages, unchanged but for their base URL. No\n"
        "outcome is typed by hand.\n\n"
        f"{day}, {used}.\n\n| API | feature | outcome |\n|---|---|---|\n{rows}\n"
    )


def run(url: str, seeing: str) -> list[tuple[str, str, str]]:
    """Every probe against a running server; an outcome is "works" or the first line of what went wrong."""
    server, results = Server(url, seeing), []
    for group, name, attempt in PROBES:
        try:
            attempt(server)
            outcome = "works"
        except Exception as error:  # whatever went wrong is the outcome
            outcome = f"**fails**: {type(error).__name__} {str(error).splitlines()[0][:160] if str(error) else ''}"
        results.append((group, name, outcome))
    return results


def save_seeing(folder: str) -> None:
    """The tiny model of the tests that takes pictures."""
    sys.path.insert(0, str(ROOT))
    from tests.backends.tiny import save_tiny

    save_tiny("gemma3", Path(folder))


def main() -> int:
    """Start the app, run the probes, write the page. 1 when one fails."""
    with tempfile.TemporaryDirectory() as seeing:
        save_seeing(seeing)
        command = [sys.executable, "app.py", "--model", "embedded", "--model", seeing, "--port", "0"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            results = run(process.stdout.readline().split()[-1], seeing)
        finally:
            process.terminate()
            process.wait(30)
    PAGE.write_text(page(results), encoding="utf-8")
    failed = [name for _, name, outcome in results if outcome != "works"]
    sys.stdout.write(f"{len(results) - len(failed)} of {len(results)} work. Failed: {failed or 'none'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
