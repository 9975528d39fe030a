"""OpenAI's chat completions: their request to our turn, our events to their reply.

Source: https://platform.openai.com/docs/api-reference/chat and the types of the `openai` package, read 2026-11.
Fields of hosted Gemma APIs that OpenAI lacks (`top_k`, `min_p`, `repetition_penalty`, `enable_thinking`,
`chat_template_kwargs`, `reasoning_content`; OpenRouter's `reasoning`; vLLM's `guided_json`, `structured_outputs` and
`continue_final_message`) have the names those APIs use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.wire.fields import Inside, read_body
from playground.wire.history import ReadImage
from playground.wire.openai_fields import (
    NO_EFFECT_ELSEWHERE,
    OURS,
    UNSUPPORTED_ELSEWHERE,
    Effort,
    Looking,
    TextSampling,
    read_effort,
    read_schema,
)
from playground.wire.openai_history import DETAIL, MESSAGE, asks_for_detail, read_messages
from tools.tool import ToolSpec

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    **UNSUPPORTED_ELSEWHERE,
    "audio": (None,),
    "best_of": (None, 1),
    "chat_template": (None,),
    "documents": (None, []),
    "echo": (None, False),
    "function_call": (None,),
    "functions": (None,),
    "modalities": (None, ["text"]),
    "moderation": (None,),
    "prediction": (None,),
    "service_tier": (None, "auto", "default"),
    "store": (None, False),
    "verbosity": (None, "medium"),
    "web_search_options": (None,),
}
"""Fields of the protocol that change the reply and that we cannot honour, with the values that ask for nothing."""

NO_EFFECT = (
    *NO_EFFECT_ELSEWHERE,
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "user",
)
"""Fields of the protocol that never change a reply: accepted, and reported as having no effect."""


FUNCTION: Mapping[str, Inside] = dict.fromkeys(("name", "description", "parameters", "strict"))
INSIDE: Mapping[str, Inside] = {
    "messages": MESSAGE,
    "response_format": {"type": None, "json_schema": dict.fromkeys(("name", "schema", "strict"))},
    "tool_choice": {"type": None, "function": {"name": None}, "allowed_tools": {"mode": None, "tools": None}},
    "tools": {"type": None, "function": FUNCTION},
}
"""What is read of the fields that hold objects."""


class TemplateOptions(BaseModel):
    """`chat_template_kwargs` as hosted Gemma APIs have it."""

    model_config = ConfigDict(extra="forbid")
    enable_thinking: bool | None = None


class ReasoningOptions(BaseModel):
    """`reasoning` as OpenRouter has it."""

    model_config = ConfigDict(extra="forbid")
    effort: Effort | None = None
    enabled: bool | None = None
    exclude: bool = False
    max_tokens: int | None = None


class StructuredOutputs(BaseModel):
    """`structured_outputs` as vLLM has it; of its kinds, those that are JSON."""

    model_config = ConfigDict(extra="forbid")
    json_schema: dict[str, Any] | None = Field(None, alias="json")
    json_object: bool | None = None


class ChatRequest(TextSampling, Looking):
    """The body of `POST /v1/chat/completions`."""

    model: str | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    n: int = Field(1, ge=1, le=8)
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    guided_json: dict[str, Any] | None = None
    structured_outputs: StructuredOutputs | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    """The last message is the start of the reply."""
    enable_thinking: bool | None = None
    chat_template_kwargs: TemplateOptions | None = None
    reasoning_effort: Effort | None = None
    reasoning: ReasoningOptions | None = None
    include_reasoning: bool = True
    thinking_tokens: int | None = None
    server_tools: list[str] = Field(default_factory=list)
    """An addition of ours: built-in tools that this server runs itself, in the loop, before it answers."""
    rounds: int | None = None
    """How often it does so before the model has to answer."""


@dataclass(frozen=True)
class ChatCall:
    """A request understood: the turn to answer and how to write the reply. `warnings` go back with it.

    `turn.tools` holds the client's own tools; `server_tools` names those that the server is asked to run. Without
    `shows_thoughts` the model thinks all the same.
    """

    turn: Turn
    model: str | None
    n: int
    stream: bool
    include_usage: bool
    server_tools: tuple[str, ...]
    shows_thoughts: bool
    warnings: tuple[str, ...]


def read_chat(body: Any, read_image: ReadImage) -> ChatCall:
    """The request as ours.

    Raises: CallerError naming the field at fault, and for every field of the protocol that is not supported.
    """
    request, warnings = read_body(ChatRequest, body, UNSUPPORTED, NO_EFFECT, INSIDE)
    if asks_for_detail(request.messages):
        warnings.append(DETAIL)
    tools, served, wanted = _allowed(request)
    names = [*(tool.name for tool in tools), *served]
    prefill, messages = _begun(request)
    return ChatCall(
        turn=Turn(
            messages=read_messages(messages, read_image),
            tools=tools,
            options=_read_options(request, _read_choice(wanted, names)),
            prefill=prefill,
        ),
        model=request.model,
        n=request.n,
        stream=bool(request.stream),
        include_usage=request.include_usage,
        server_tools=served,
        shows_thoughts=request.include_reasoning and not (request.reasoning and request.reasoning.exclude),
        warnings=tuple(warnings),
    )


def _allowed(request: ChatRequest) -> tuple[tuple[ToolSpec, ...], tuple[str, ...], Any]:
    """The client's tools, the names of the server's, and the choice among them: `allowed_tools` leaves out some."""
    tools = tuple(_read_tool(tool, number) for number, tool in enumerate(request.tools or ()))
    match request.tool_choice:
        case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode, "tools": list() as left}}:
            names = [_allowed_name(tool, {*(tool.name for tool in tools), *request.server_tools}) for tool in left]
            served = tuple(name for name in request.server_tools if name in names)
            return tuple(tool for tool in tools if tool.name in names), served, mode
    return tools, tuple(request.server_tools), request.tool_choice


def _allowed_name(tool: Any, names: Collection[str]) -> str:
    match tool:
        case {"type": "function", "function": {"name": str() as name}} if name in names:
            return name
    raise CallerError(
        f"tool_choice allows {tool!r}, which is not among the tools: {', '.join(names) or 'none'}.", param="tool_choice"
    )


def _begun(request: ChatRequest) -> tuple[str, list[dict[str, Any]]]:
    """The start of the reply, if the request holds it, and the messages before it."""
    if not request.continue_final_message:
        if request.add_generation_prompt:
            return "", request.messages
        text = "add_generation_prompt is false: without the start of a reply there is none, unless "
        raise CallerError(text + "continue_final_message is set.", param="add_generation_prompt")
    *before, last = request.messages
    if last.get("role") != "assistant" or not isinstance(last.get("content"), str) or not before:
        text = "continue_final_message needs a last message of the assistant with a text to go on from, after others."
        raise CallerError(text, param="continue_final_message")
    return last["content"], before


def _read_options(request: ChatRequest, choice: Choice) -> Options:
    values = request.given("logprobs", "top_logprobs", "parallel_tool_calls", "rounds", *OURS)
    limit = request.max_completion_tokens if request.max_completion_tokens is not None else request.max_tokens
    if limit is not None:
        values["max_tokens"] = limit
    if request.top_logprobs and not request.logprobs:
        raise CallerError(f"top_logprobs is {request.top_logprobs}: it needs logprobs true.", param="top_logprobs")
    values |= _read_thinking(request)
    values["response_format"] = _read_shape(request)
    values["tool_choice"] = choice
    return parse_options(values)


def _read_thinking(request: ChatRequest) -> dict[str, Any]:
    """The fields that say the same are asked in order; the first that says something counts."""
    nested = request.chat_template_kwargs.enable_thinking if request.chat_template_kwargs else None
    asked = request.reasoning or ReasoningOptions()
    switches = (request.enable_thinking, nested, asked.enabled, None if asked.max_tokens is None else True)
    switch = next((value for value in switches if value is not None), None)
    budget = {"thinking_tokens": asked.max_tokens} if asked.max_tokens is not None else {}
    return read_effort(request.reasoning_effort or asked.effort, switch) | budget


def _read_shape(request: ChatRequest) -> JsonObject | JsonSchema | None:
    """The one shape that the reply is to have.

    Raises: CallerError when several fields ask for one.
    """
    shapes = {"response_format": read_format(request.response_format)}
    if request.guided_json is not None:
        shapes["guided_json"] = JsonSchema(request.guided_json)
    if (asked := request.structured_outputs) is not None:
        shapes["structured_outputs"] = JsonObject() if asked.json_object else None
        if asked.json_schema is not None:
            shapes["structured_outputs"] = JsonSchema(asked.json_schema)
    given = [name for name, shape in shapes.items() if shape is not None]
    if len(given) > 1:
        raise CallerError(f"{given[1]} and {given[0]} both give the answer a shape; leave one out.", param=given[1])
    return shapes[given[0]] if given else None


def read_format(value: Mapping[str, Any] | None) -> JsonObject | JsonSchema | None:
    """`response_format` as ours.

    Raises: CallerError for an unknown type or a missing schema.
    """
    match value:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return JsonObject()
        case {"type": "json_schema"}:
            return read_schema(value.get("json_schema"), "response_format.json_schema")
    raise CallerError(
        f"response_format.type is {value.get('type')!r}; it can be 'text', 'json_object' or 'json_schema'.",
        param="response_format.type",
    )


def _read_choice(value: str | Mapping[str, Any] | None, names: list[str]) -> Choice:
    match value:
        case None:
            return Choice()
        case "auto" | "none" | "required" as mode:
            if mode == "required" and not names:
                raise CallerError("tool_choice is 'required', but there are no tools; add some.", param="tool_choice")
            return Choice(mode)
        case {"type": "function", "function": {"name": str() as name}}:
            if name not in names:
                raise CallerError(
                    f"tool_choice names {name!r}, which is not among the tools: {', '.join(names) or 'none'}.",
                    param="tool_choice",
                )
            return Choice("named", name)
    raise CallerError(
        f"tool_choice is {value!r}; it can be 'auto', 'none', 'required', "
        "{'type': 'function', 'function': {'name': …}} or {'type': 'allowed_tools', 'allowed_tools': …}.",
        param="tool_choice",
    )


def _read_tool(tool: Mapping[str, Any], number: int) -> ToolSpec:
    function = tool.get("function")
    if tool.get("type") == "function" and isinstance(function, Mapping) and function.get("name"):
        return read_function(function, f"tools.{number}.function")
    raise CallerError(
        f"tools.{number} is of type {tool.get('type')!r}; only 'function' tools with a name are supported.",
        param=f"tools.{number}",
    )


def read_function(function: Mapping[str, Any], where: str) -> ToolSpec:
    """A function's declaration.

    Raises: CallerError when its parameters are no schema.
    """
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(parameters, Mapping):
        raise CallerError(f"{where}.parameters must be a JSON Schema in an object.", param=f"{where}.parameters")
    strict = function.get("strict") is not False
    return ToolSpec(str(function["name"]), str(function.get("description") or ""), parameters, strict=strict)
