"""OpenAI's responses: their request to our turn.

Source: https://platform.openai.com/docs/api-reference/responses and the types of the `openai` package, read 2026-11.
Fields of hosted Gemma APIs that OpenAI lacks (`top_k`, `seed`, …) have the names they have in chat completions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.messages import Message, Text
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.wire.fields import Inside, read_body
from playground.wire.history import ReadImage
from playground.wire.openai import read_format
from playground.wire.openai_fields import OURS, Effort, Looking, Sampling, read_effort, read_schema
from playground.wire.openai_history import DETAIL, asks_for_detail
from playground.wire.responses_items import ITEM, read_items
from playground.wire.responses_tools import TOOL, Tools, read_choice, read_tools

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "background_options": (None,),
    "context_management": (None, []),
    "conversation": (None,),
    "image": (None,),
    "max_tool_calls": (None,),
    "moderation": (None,),
    "prompt": (None,),
    "service_tier": (None, "auto", "default"),
}
"""Fields of the protocol that change the reply and that we cannot honour, with the values that ask for nothing."""

NO_EFFECT = (
    "access_programs",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "user",
)
"""Fields of the protocol that never change a reply: accepted, and reported as having no effect."""

INSIDE: Mapping[str, Inside] = {
    "input": ITEM,
    "reasoning": {"effort": None, "summary": None},
    "text": {"format": dict.fromkeys(("type", "name", "schema", "strict")), "verbosity": None},
    "tool_choice": dict.fromkeys(("type", "name", "mode", "tools")),
    "tools": TOOL,
}
"""What is read of the fields that hold objects."""

LOGPROBS = "message.output_text.logprobs"
SOURCES = "web_search_call.action.sources"

Recall: TypeAlias = Callable[[str], tuple[Message, ...]]
"""The conversation up to and with an earlier response; raises CallerError when it is not here."""


class Reasoning(BaseModel):
    """How much to think. Thoughts come back whole, so a summary of them has nothing to add."""

    model_config = ConfigDict(extra="ignore")
    effort: Effort | None = None
    summary: str | None = None


class TextOptions(BaseModel):
    """The shape of the answer."""

    model_config = ConfigDict(extra="ignore")
    format: dict[str, Any] | None = None
    verbosity: Literal["medium"] | None = None


class ResponsesStreamOptions(BaseModel):
    """What a stream carries besides the reply: nothing that could be chosen here."""

    model_config = ConfigDict(extra="forbid")
    include_obfuscation: Literal[False] | None = None


class ResponsesRequest(Sampling, Looking):
    """The body of `POST /v1/responses`."""

    model: str | None = None
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    background: bool | None = None
    stream: bool | None = None
    stream_options: ResponsesStreamOptions | None = None
    metadata: dict[str, str] | None = None
    include: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    text: TextOptions | None = None
    max_output_tokens: int | None = None
    top_logprobs: int | None = None
    truncation: Literal["auto", "disabled"] | None = None
    enable_thinking: bool | None = None
    thinking_tokens: int | None = None
    server_tools: list[str] = Field(default_factory=list)
    """An addition of ours: built-in tools that this server runs itself, in the loop, before it answers."""
    rounds: int | None = None
    """How often it does so before the model has to answer."""


@dataclass(frozen=True)
class ResponsesCall:
    """A request understood. `new` are the messages it adds to the conversation, of which `turn` holds all.

    `input` are its items as they came; `echo` is what the response repeats of the request.
    """

    turn: Turn
    new: tuple[Message, ...]
    input: tuple[Mapping[str, Any], ...]
    model: str | None
    stream: bool
    store: bool
    background: bool
    previous: str | None
    server_tools: tuple[str, ...]
    with_sources: bool
    drop_oldest: bool
    echo: Mapping[str, Any]
    warnings: tuple[str, ...]


def read_responses(body: Any, read_image: ReadImage, recall: Recall) -> ResponsesCall:
    """The request as ours.

    Raises: CallerError naming the field at fault, and for every field of the protocol that is not supported.
    """
    request, warnings = read_body(ResponsesRequest, body, UNSUPPORTED, NO_EFFECT, INSIDE)
    if request.background and request.store is False:
        raise CallerError("background needs store: nobody could fetch the response otherwise.", param="background")
    if request.background and request.stream:
        raise CallerError("background and stream exclude each other here; leave one out.", param="stream")
    tools = read_tools(request.tools or [], request.server_tools)
    items = _items(request)
    earlier = recall(request.previous_response_id) if request.previous_response_id else ()
    read = read_items(items, read_image, earlier)
    warnings += [*tools.warnings, *read.warnings, *_without_effect(request, items)]
    tools, options = _read_options(request, tools)
    turn = Turn(_joined(request.instructions, (*earlier, *read.messages)), tools.functions, options)
    return ResponsesCall(
        turn=turn,
        new=read.messages,
        input=tuple(items),
        model=request.model,
        stream=bool(request.stream),
        store=request.store is not False,
        background=bool(request.background),
        previous=request.previous_response_id,
        server_tools=tools.served,
        with_sources=SOURCES in (request.include or ()),
        drop_oldest=request.truncation == "auto",
        echo=_echo(request, options, tools),
        warnings=tuple(warnings),
    )


def _items(request: ResponsesRequest) -> list[dict[str, Any]]:
    if isinstance(request.input, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": request.input}]}]
    if not request.input and not request.previous_response_id:
        raise CallerError("input is empty; it needs a text or at least one item.", param="input")
    return request.input


def _joined(instructions: str | None, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages with all system texts in front, instructions first: those of earlier responses do not count."""
    systems = [instructions] if instructions else []
    systems += [message.text for message in messages if message.role == "system"]
    head = (Message("system", (Text("\n\n".join(systems)),)),) if systems else ()
    return head + tuple(message for message in messages if message.role != "system")


def _read_options(request: ResponsesRequest, tools: Tools) -> tuple[Tools, Options]:
    values = request.given("top_logprobs", "parallel_tool_calls", "rounds", *OURS)
    if request.max_output_tokens is not None:
        values["max_tokens"] = request.max_output_tokens
    values["logprobs"] = LOGPROBS in (request.include or ()) or bool(request.top_logprobs)
    effort = request.reasoning.effort if request.reasoning else None
    values |= read_effort(effort, request.enable_thinking)
    values["response_format"] = _read_text(request.text.format if request.text else None)
    chosen: Choice
    tools, chosen = read_choice(request.tool_choice, tools)
    values["tool_choice"] = chosen
    return tools, parse_options(values)


def _read_text(value: Mapping[str, Any] | None) -> JsonObject | JsonSchema | None:
    """`text.format` as ours: like chat's `response_format`, with the schema one level higher."""
    is_schema = value is not None and value.get("type") == "json_schema"
    return read_schema(value, "text.format") if is_schema else read_format(value)


def _without_effect(request: ResponsesRequest, items: list[dict[str, Any]]) -> list[str]:
    warnings = []
    if request.reasoning is not None and request.reasoning.summary is not None:
        warnings.append("reasoning.summary has no effect on this server: thoughts are sent whole.")
    known = (LOGPROBS, SOURCES)
    warnings += [f"include {one!r} has no effect on this server." for one in request.include or () if one not in known]
    if asks_for_detail(items):
        warnings.append(DETAIL)
    return warnings


def _echo(request: ResponsesRequest, options: Options, tools: Tools) -> dict[str, Any]:
    effort = request.reasoning.effort if request.reasoning else None
    form = (request.text.format if request.text else None) or {"type": "text"}
    return {
        "background": bool(request.background),
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": None,
        "metadata": request.metadata or {},
        "parallel_tool_calls": options.parallel_tool_calls,
        "previous_response_id": request.previous_response_id,
        "reasoning": {"effort": effort, "summary": None},
        "service_tier": "default",
        "store": request.store is not False,
        "temperature": options.temperature,
        "text": {"format": form, "verbosity": "medium"},
        "tool_choice": request.tool_choice or "auto",
        "tools": list(tools.declared),
        "top_logprobs": options.top_logprobs,
        "top_p": options.top_p,
        "truncation": request.truncation or "disabled",
        "user": None,
    }
