"""OpenAI's chat completions: their request to our turn, our events to their reply.

Source: https://platform.openai.com/docs/api-reference/chat and the types of the `openai` package, read 2026-11.
Fields of hosted Gemma APIs that OpenAI lacks (`top_k`, `min_p`, `repetition_penalty`, `enable_thinking`,
`chat_template_kwargs`, `reasoning_content`) have the names those APIs use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.wire.fields import read_body
from playground.wire.history import ReadImage
from playground.wire.openai_fields import OURS, Effort, TextSampling, read_effort, read_schema
from playground.wire.openai_history import DETAIL, asks_for_detail, read_messages
from tools.tool import ToolSpec

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "audio": (None,),
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
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "user",
)
"""Fields of the protocol that never change a reply: accepted, and reported as having no effect."""


class TemplateOptions(BaseModel):
    """`chat_template_kwargs` as hosted Gemma APIs have it."""

    model_config = ConfigDict(extra="forbid")
    enable_thinking: bool | None = None


class ChatRequest(TextSampling):
    """The body of `POST /v1/chat/completions`."""

    model: str | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool = False
    n: int = Field(1, ge=1, le=8)
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    enable_thinking: bool | None = None
    chat_template_kwargs: TemplateOptions | None = None
    reasoning_effort: Effort | None = None
    thinking_tokens: int | None = None
    image_tokens: int | str | None = None
    pan_and_scan: bool | None = None
    server_tools: list[str] = Field(default_factory=list)
    """An addition of ours: built-in tools that this server runs itself, in the loop, before it answers."""


@dataclass(frozen=True)
class ChatCall:
    """A request understood: the turn to answer and how to write the reply. `warnings` go back with it.

    `turn.tools` holds the client's own tools; `server_tools` names those that the server is asked to run.
    """

    turn: Turn
    model: str | None
    n: int
    stream: bool
    include_usage: bool
    server_tools: tuple[str, ...]
    warnings: tuple[str, ...]


def read_chat(body: Any, read_image: ReadImage) -> ChatCall:
    """The request as ours.

    Raises: CallerError naming the field at fault, and for every field of the protocol that is not supported.
    """
    request, warnings = read_body(ChatRequest, body, UNSUPPORTED, NO_EFFECT)
    if asks_for_detail(request.messages):
        warnings.append(DETAIL)
    tools = tuple(_read_tool(tool, number) for number, tool in enumerate(request.tools or ()))
    turn = Turn(
        messages=read_messages(request.messages, read_image),
        tools=tools,
        options=_read_options(request, [tool.name for tool in tools] + request.server_tools),
    )
    served = tuple(request.server_tools)
    return ChatCall(turn, request.model, request.n, request.stream, request.include_usage, served, tuple(warnings))


def _read_options(request: ChatRequest, tools: list[str]) -> Options:
    values = request.given("logprobs", "top_logprobs", "parallel_tool_calls", *OURS)
    limit = request.max_completion_tokens if request.max_completion_tokens is not None else request.max_tokens
    if limit is not None:
        values["max_tokens"] = limit
    if request.top_logprobs and not request.logprobs:
        raise CallerError(f"top_logprobs is {request.top_logprobs}: it needs logprobs true.", param="top_logprobs")
    values |= _read_thinking(request)
    values["response_format"] = read_format(request.response_format)
    values["tool_choice"] = _read_choice(request.tool_choice, tools)
    return parse_options(values)


def _read_thinking(request: ChatRequest) -> dict[str, Any]:
    nested = request.chat_template_kwargs.enable_thinking if request.chat_template_kwargs else None
    switch = request.enable_thinking if request.enable_thinking is not None else nested
    return read_effort(request.reasoning_effort, switch)


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
        f"tool_choice is {value!r}; it can be 'auto', 'none', 'required' or "
        "{'type': 'function', 'function': {'name': …}}.",
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
