"""A conversation as a program that asks for its last answer: with OpenAI's or Anthropic's package, Gradio's, or curl.

Each program runs as it is. Values in, text out: knows nothing of pages or servers.
"""

from __future__ import annotations

import base64
import json
import pprint
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.grammar import Choice, JsonObject, JsonSchema
from playground.messages import Image, Message, Part, Text, ToolCall, ToolResult
from playground.options import Options
from playground.turn import Turn
from tools.tool import ToolSpec

LANGUAGES: Mapping[str, str] = {
    "OpenAI, Python": "python",
    "OpenAI, JavaScript": "javascript",
    "Anthropic, Python": "python",
    "Gradio, Python": "python",
    "curl": "shell",
}
"""The kinds of programs, and the language that each is written in."""
OPENAI_OWN = ("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty", "logprobs")
OPENAI_EXTRA = ("top_k", "min_p", "repetition_penalty", "thinking_tokens", "image_tokens", "pan_and_scan")
"""Options that OpenAI's package passes on in `extra_body` only."""
ANTHROPIC_EXTRA = (
    *("temperature", "top_p", "top_k", "min_p", "seed"),
    *("presence_penalty", "frequency_penalty", "repetition_penalty"),
)
"""The same for Anthropic's: its newer versions have no arguments for sampling any more."""
ANTHROPIC_LACKS = ("logprobs", "logit_bias")
"""Options that have no place in Anthropic's API."""


@dataclass(frozen=True)
class Sample:
    """What is asked, and where. `turn.tools` are the asker's own; `server_tools` are run by the server."""

    address: str
    model: str
    turn: Turn
    server_tools: tuple[str, ...] = ()
    needs_key: bool = False

    @property
    def key(self) -> str:
        """What stands where the key goes: keys themselves are never written out."""
        return "YOUR_API_KEY" if self.needs_key else "none"


def code_for(kind: str, sample: Sample) -> str:
    """The program; `kind` is one of `LANGUAGES`."""
    return _WRITERS[kind](sample)


def question_of(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages up to the last that can be answered: one of the person's, or the results of calls."""
    last = max((n for n, message in enumerate(messages) if message.role in ("user", "tool")), default=-1)
    return tuple(messages[: last + 1])


def _openai_python(sample: Sample) -> str:
    body = _openai_body(sample)
    extra = {name: body.pop(name) for name in list(body) if name not in _OPENAI_ARGUMENTS}
    arguments = {**body, **({"extra_body": extra} if extra else {})}
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{sample.address}/v1", api_key="{sample.key}")\n'
        f"reply = client.chat.completions.create(\n{_python_arguments(arguments)})\n"
        "print(reply.choices[0].message.content or reply.choices[0].message.tool_calls)\n"
    )


def _openai_javascript(sample: Sample) -> str:
    return (
        'import OpenAI from "openai";\n\n'
        f'const client = new OpenAI({{ baseURL: "{sample.address}/v1", apiKey: "{sample.key}" }});\n'
        f"const reply = await client.chat.completions.create({_json(_openai_body(sample))});\n"
        "console.log(reply.choices[0].message.content ?? reply.choices[0].message.tool_calls);\n"
    )


def _anthropic_python(sample: Sample) -> str:
    options = sample.turn.options
    body: dict[str, Any] = {"model": sample.model, "max_tokens": options.max_tokens}
    messages = sample.turn.messages
    if messages and messages[0].role == "system":
        body["system"] = messages[0].text
    body["messages"] = [_anthropic_message(message) for message in messages if message.role != "system"]
    if sample.turn.prefill:
        body["messages"].append({"role": "assistant", "content": sample.turn.prefill})
    if options.stop:
        body["stop_sequences"] = list(options.stop)
    if options.thinking == "on":
        body["thinking"] = {"type": "enabled", "budget_tokens": options.thinking_budget}
    elif options.thinking == "off":
        body["thinking"] = {"type": "disabled"}
    if sample.turn.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
            for tool in sample.turn.tools
        ]
    if options.response_format is not None:
        shape = options.response_format
        schema = dict(shape.schema) if isinstance(shape, JsonSchema) else {"type": "object"}
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if sample.turn.tools or sample.server_tools:
        one_call = {} if options.parallel_tool_calls else {"disable_parallel_tool_use": True}
        body["tool_choice"] = _anthropic_choice(options.tool_choice) | one_call
    extra: dict[str, Any] = _given(options, ANTHROPIC_EXTRA) | _server_tools(sample)
    if extra:
        body["extra_body"] = extra
    return (
        f"{_left_out([name for name in ANTHROPIC_LACKS if getattr(options, name)], '/v1/messages')}"
        "from anthropic import Anthropic\n\n"
        f'client = Anthropic(base_url="{sample.address}", api_key="{sample.key}")\n'
        f"reply = client.messages.create(\n{_python_arguments(body)})\n"
        "for block in reply.content:\n    print(getattr(block, block.type, block))\n"
    )


def _gradio_python(sample: Sample) -> str:
    messages = sample.turn.messages
    system = messages[0].text if messages and messages[0].role == "system" else ""
    asked = messages[-1] if messages and messages[-1].role == "user" else None
    earlier = [message for message in messages if message.role != "system" and message is not asked]
    names = [f"picture-{number}.png" for number, _ in enumerate(asked.images if asked else (), start=1)]
    arguments: dict[str, Any] = {"message": asked.text if asked else ""}
    arguments["history"] = [row for message in earlier for row in _openai_messages(message)]
    arguments |= {"system": system, "model": sample.model, "tools": list(sample.server_tools)}
    arguments["user_tools"] = [_openai_tool(tool) for tool in sample.turn.tools]
    arguments |= _gradio_options(sample.turn.options)
    files = f"    files=[{', '.join(f'handle_file({name!r})' for name in names)}],\n" if names else ""
    return (
        f"{_left_out(['prefill'] if sample.turn.prefill else [], '/chat')}"
        f"{_written_files(names, asked.images) if asked and names else ''}"
        f"from gradio_client import Client{', handle_file' if names else ''}\n\n"
        f'client = Client("{sample.address}")\n'
        f"text, reply = client.predict(\n{_python_arguments(arguments)}{files}"
        "    api_name='/chat',\n)\n"
        'print(text or reply["message"].get("tool_calls"))\n'
    )


def _left_out(names: Sequence[str], interface: str) -> str:
    """A comment that names what the program cannot ask for."""
    return f"# {interface} has no field for: {', '.join(names)}.\n" if names else ""


def _server_tools(sample: Sample) -> dict[str, Any]:
    """The tools that the server is to run, and how often if that is not the usual."""
    if not sample.server_tools:
        return {}
    return {"server_tools": list(sample.server_tools), **_given(sample.turn.options, ("rounds",))}


def _written_files(names: Sequence[str], images: Sequence[Image]) -> str:
    """The lines that put the pictures where the client picks them up."""
    lines = [
        f"Path({name!r}).write_bytes(base64.b64decode({base64.b64encode(image.data).decode()!r}))"
        for name, image in zip(names, images, strict=True)
    ]
    return "import base64\nfrom pathlib import Path\n\n" + "\n".join(lines) + "\n\n"


def _curl(sample: Sample) -> str:
    key = f" \\\n  -H 'Authorization: Bearer {sample.key}'" if sample.needs_key else ""
    return (
        f"curl {sample.address}/v1/chat/completions \\\n  -H 'Content-Type: application/json'{key} \\\n"
        f"  -d @- <<'END_OF_REQUEST'\n{_json(_openai_body(sample))}\nEND_OF_REQUEST\n"
    )


_WRITERS: Mapping[str, Callable[[Sample], str]] = dict(
    zip(LANGUAGES, (_openai_python, _openai_javascript, _anthropic_python, _gradio_python, _curl), strict=True)
)
_OPENAI_ARGUMENTS = {
    *("model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format", "stop", "top_logprobs"),
    *("reasoning_effort", "logit_bias", *OPENAI_OWN),
}


def _openai_body(sample: Sample) -> dict[str, Any]:
    """The body of a chat completion; of the options, those that are not the defaults."""
    options = sample.turn.options
    body: dict[str, Any] = {"model": sample.model}
    body["messages"] = [row for message in sample.turn.messages for row in _openai_messages(message)]
    if sample.turn.prefill:
        body["messages"].append({"role": "assistant", "content": sample.turn.prefill})
        body["continue_final_message"] = True
    body |= _given(options, (*OPENAI_OWN, *OPENAI_EXTRA))
    if options.stop:
        body["stop"] = list(options.stop)
    if options.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in options.logit_bias.items()}
    if options.logprobs and options.top_logprobs:
        body["top_logprobs"] = options.top_logprobs
    if options.thinking != "auto":
        body["reasoning_effort"] = options.effort if options.thinking == "on" else "none"
    if options.response_format is not None:
        body["response_format"] = _openai_format(options.response_format)
    if sample.turn.tools:
        body["tools"] = [_openai_tool(tool) for tool in sample.turn.tools]
    body |= _server_tools(sample)
    if (sample.turn.tools or sample.server_tools) and options.tool_choice != Choice():
        body["tool_choice"] = _openai_choice(options.tool_choice)
    if not options.parallel_tool_calls:
        body["parallel_tool_calls"] = False
    return body


def _openai_messages(message: Message) -> list[dict[str, Any]]:
    """A message as OpenAI writes it; thoughts are the model's own and are left out."""
    if message.role == "tool":
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        return [{"role": "tool", "tool_call_id": one.call_id, "content": one.text} for one in results]
    row: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        row["content"] = [part for part in map(_openai_part, message.parts) if part]
    if message.calls:
        row["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
            }
            for call in message.calls
        ]
    return [row]


def _openai_part(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Image():
            data = base64.b64encode(part.data).decode()
            return {"type": "image_url", "image_url": {"url": f"data:{part.mime};base64,{data}"}}
        case _:
            return None


def _openai_tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _openai_choice(choice: Choice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "named" else choice.mode


def _openai_format(shape: JsonObject | JsonSchema) -> dict[str, Any]:
    if isinstance(shape, JsonObject):
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(shape.schema)}}


def _anthropic_message(message: Message) -> dict[str, Any]:
    blocks = [block for block in map(_anthropic_block, message.parts) if block]
    return {"role": "assistant" if message.role == "assistant" else "user", "content": blocks}


def _anthropic_block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text) if text.strip():
            return {"type": "text", "text": text}
        case Image():
            source = {"type": "base64", "media_type": part.mime, "data": base64.b64encode(part.data).decode()}
            return {"type": "image", "source": source}
        case ToolCall():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": dict(part.arguments)}
        case ToolResult():
            return {"type": "tool_result", "tool_use_id": part.call_id, "content": part.text}
        case _:
            return None


def _anthropic_choice(choice: Choice) -> dict[str, Any]:
    if choice.mode == "named":
        return {"type": "tool", "name": choice.name}
    return {"type": {"required": "any"}.get(choice.mode, choice.mode)}


def _given(options: Options, names: Sequence[str]) -> dict[str, Any]:
    """The options that are not the defaults."""
    values = {name: getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value != Options.model_fields[name].default}


def _gradio_options(options: Options) -> dict[str, Any]:
    given = _given(options, [name for name in Options.model_fields if name not in ("tool_choice", "response_format")])
    for name in ("stop", "logit_bias"):
        if not getattr(options, name):
            given.pop(name, None)
        elif name == "stop":
            given[name] = list(options.stop)
    if options.tool_choice != Choice():
        given["tool_choice"] = _openai_choice(options.tool_choice)
    if options.response_format is not None:
        given["response_format"] = _openai_format(options.response_format)
    return given


def _python_arguments(arguments: Mapping[str, Any]) -> str:
    """Keyword arguments, one a line."""
    return "".join(f"    {name}={_python(value)},\n" for name, value in arguments.items())


def _python(value: Any) -> str:
    lines = pprint.pformat(value, width=110, sort_dicts=False).splitlines()
    return "\n    ".join(lines)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
