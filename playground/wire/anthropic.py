"""Anthropic's messages: their request to our turn.

Source: https://docs.anthropic.com/en/api/messages and the types of the `anthropic` package, read 2026-11.
Options that it lacks (`seed`, `min_p`, the penalties, how closely pictures are looked at) have the names they have in
chat completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import CallerError
from playground.grammar import Choice, JsonSchema
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.wire.anthropic_history import BLOCK, History
from playground.wire.fields import Inside, Kinds, read_body
from playground.wire.history import ReadImage
from playground.wire.openai_fields import LOOKING, Looking, Sampling
from tools.tool import ToolSpec

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "billing_policy": (None,),
    "compaction": (None,),
    "container": (None,),
    "context_management": (None,),
    "diagnostics": (None,),
    "fallback_credit_token": (None,),
    "fallbacks": (None, []),
    "inference_geo": (None,),
    "mcp_servers": (None, []),
    "output_format": (None,),
    "service_tier": (None, "auto", "standard_only"),
    "speed": (None, "standard"),
    "thread": (None,),
}
"""Fields of the protocol that change the reply and that we cannot honour, with the values that ask for nothing."""

NO_EFFECT = ("cache_control", "metadata", "user_profile_id", "workspace_id")
"""Fields of the protocol that never change a reply: accepted, and reported as having no effect."""

TOOL: Mapping[str, Inside] = dict.fromkeys(("type", "name", "description", "input_schema", "strict"))
INSIDE: Mapping[str, Inside] = {
    "messages": {"role": None, "content": BLOCK},
    "system": {"type": None, "text": None},
    "thinking": dict.fromkeys(("type", "budget_tokens", "display")),
    "tool_choice": dict.fromkeys(("type", "name", "disable_parallel_tool_use")),
    "tools": Kinds("type", {"custom": TOOL}, default="custom"),
}
"""What is read of the fields that hold objects."""

THINKING = {"enabled": "on", "disabled": "off", "adaptive": "auto", "between_tools": "off"}
"""How we think for each of their ways. A thought between calls only is one that we cannot have, so there is none."""

BEYOND_HIGH = ("xhigh", "max")


class ThinkingRequest(BaseModel):
    """Whether to think, and for how many tokens at most."""

    model_config = ConfigDict(extra="ignore")
    type: Literal["enabled", "disabled", "adaptive", "between_tools"]
    budget_tokens: int | None = None
    display: Literal["summarized", "omitted"] | None = None


class OutputFormat(BaseModel):
    """The shape of the answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")


class OutputConfig(BaseModel):
    """How much to think when thinking is on, and the shape of the answer."""

    model_config = ConfigDict(extra="forbid")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class MessagesRequest(Sampling, Looking):
    """The body of `POST /v1/messages`, and without `max_tokens` of `…/count_tokens`. Ranges: see `Options`."""

    model: str | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    max_tokens: int | None = None
    system: str | list[dict[str, Any]] | None = None
    stop_sequences: list[str] | None = None
    stream: bool = False
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None
    thinking: ThinkingRequest | None = None
    output_config: OutputConfig | None = None
    server_tools: list[str] = Field(default_factory=list)
    """An addition of ours: built-in tools that this server runs itself, in the loop, before it answers."""
    rounds: int | None = None
    """How often it does so before the model has to answer."""


class CountRequest(MessagesRequest):
    """The body of `POST /v1/messages/count_tokens`: the same, without a need for `max_tokens`."""


@dataclass(frozen=True)
class MessagesCall:
    """A request understood: the turn to answer and how to write the reply. `warnings` go back with it."""

    turn: Turn
    model: str | None
    stream: bool
    server_tools: tuple[str, ...]
    warnings: tuple[str, ...]


def read_messages_call(body: Any, read_image: ReadImage, *, counting: bool = False) -> MessagesCall:
    """The request as ours. `counting` requests need no `max_tokens`.

    Raises: CallerError naming the field at fault, and for every field of the protocol that is not supported.
    """
    request, warnings = read_body(MessagesRequest, body, UNSUPPORTED, NO_EFFECT, INSIDE)
    if request.max_tokens is None and not counting:
        raise CallerError("max_tokens is missing; say how long the reply may be, in tokens.", param="max_tokens")
    tools = tuple(_read_tool(tool, number) for number, tool in enumerate(request.tools or ()))
    history = History(read_image)
    prefill = _prefill(request)
    messages = history.read(request.system, request.messages[:-1] if prefill else request.messages)
    names = [*(tool.name for tool in tools), *request.server_tools]
    turn = Turn(messages, tools, _read_options(request, names), prefill)
    warnings += history.warnings + _without_effect(request)
    return MessagesCall(turn, request.model, request.stream, tuple(request.server_tools), tuple(warnings))


def _without_effect(request: MessagesRequest) -> list[str]:
    """What a field asks for in part only."""
    warnings = []
    if request.thinking is not None and request.thinking.display is not None:
        warnings.append("thinking.display has no effect on this server: thoughts are sent whole.")
    if request.output_config is not None and request.output_config.effort in BEYOND_HIGH:
        warnings.append(f"output_config.effort {request.output_config.effort!r} is taken as 'high', the most there is.")
    return warnings


def _read_options(request: MessagesRequest, names_of_tools: list[str]) -> Options:
    values = request.given("max_tokens", "rounds", *LOOKING)
    values["stop"] = tuple(request.stop_sequences or ())
    if request.thinking is not None:
        values["thinking"] = THINKING[request.thinking.type]
        if request.thinking.budget_tokens is not None:
            values["thinking_tokens"] = request.thinking.budget_tokens
    if request.output_config is not None and request.output_config.effort is not None:
        effort = request.output_config.effort
        values["effort"] = "high" if effort in BEYOND_HIGH else effort
    if request.output_config is not None and request.output_config.format is not None:
        values["response_format"] = JsonSchema(request.output_config.format.json_schema)
    choice = request.tool_choice or {"type": "auto"}
    values["tool_choice"] = _read_choice(choice, names_of_tools)
    values["parallel_tool_calls"] = not choice.get("disable_parallel_tool_use", False)
    return parse_options(values)


def _read_choice(choice: Mapping[str, Any], names: list[str]) -> Choice:
    match choice:
        case {"type": "auto"}:
            return Choice()
        case {"type": "none"}:
            return Choice("none")
        case {"type": "any"} if names:
            return Choice("required")
        case {"type": "tool", "name": str() as name} if name in names:
            return Choice("named", name)
    raise CallerError(
        f"tool_choice is {dict(choice)!r}; it can be auto, none, any, or tool with one of these names: "
        f"{', '.join(names) or 'there are no tools'}.",
        param="tool_choice",
    )


def _read_tool(tool: Mapping[str, Any], number: int) -> ToolSpec:
    if tool.get("type", "custom") != "custom" or not tool.get("name"):
        raise CallerError(
            f"tools.{number} is of type {tool.get('type')!r}; only custom tools with a name are supported.",
            param=f"tools.{number}",
        )
    schema = tool.get("input_schema") or {"type": "object", "properties": {}}
    if not isinstance(schema, Mapping):
        raise CallerError(f"tools.{number}.input_schema must be a JSON Schema in an object.", param=f"tools.{number}")
    return ToolSpec(
        str(tool["name"]), str(tool.get("description") or ""), schema, strict=tool.get("strict") is not False
    )


def _prefill(request: MessagesRequest) -> str:
    """A last assistant message is the start of the reply: that is how this protocol writes a prefill.

    Raises: CallerError when something other than text stands in it.
    """
    last = request.messages[-1]
    if last.get("role") != "assistant":
        return ""
    where, content = f"messages.{len(request.messages) - 1}.content", last.get("content")
    texts: list[str] = []
    for block in content if isinstance(content, list) else [{"type": "text", "text": content}]:
        match block:
            case {"type": "text", "text": str() as text}:
                texts.append(text)
            case _:
                raise CallerError(
                    f"{where} is the start of the reply, which can be text only; add the message that it answers.",
                    param=where,
                )
    return "".join(texts).rstrip()
