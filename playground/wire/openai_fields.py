"""What OpenAI's three request bodies (chat completions, responses, completions) have in common.

Source: the types of the `openai` package, read 2026-11. `top_k`, `min_p` and `repetition_penalty` are those of hosted
Gemma APIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from playground.errors import CallerError
from playground.grammar import JsonSchema

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: Mapping[str, str] = {"minimal": "low", "xhigh": "high", "max": "high"}
"""Efforts that we do not tell apart from a neighbour."""
OURS = ("thinking_tokens", "image_tokens", "pan_and_scan")
"""Options that the protocol has no field for: chat completions and responses take them by our names."""


class StreamOptions(BaseModel):
    """What a stream carries besides the reply."""

    model_config = ConfigDict(extra="forbid")
    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class Sampling(BaseModel):
    """The options that have the same name and meaning in every body and here. Ranges are checked by `Options`."""

    model_config = ConfigDict(extra="allow")

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None

    def given(self, *more: str) -> dict[str, Any]:
        """Those that were set, and of the body's own fields those named, by our names."""
        names = (*Sampling.model_fields, *more)
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class TextSampling(Sampling):
    """What chat completions and completions have besides."""

    logit_bias: dict[int, float] | None = None
    stop: str | list[str] | None = None
    stream_options: StreamOptions | None = None

    def given(self, *more: str) -> dict[str, Any]:
        """As above, with `stop` as a tuple."""
        values = super().given("logit_bias", *more)
        if self.stop is not None:
            values["stop"] = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)
        return values

    @property
    def include_usage(self) -> bool:
        """Whether a stream is to end with the count of its tokens."""
        return self.stream_options is not None and self.stream_options.include_usage


def read_effort(effort: str | None, switch: bool | None = None) -> dict[str, Any]:
    """The options for an effort in OpenAI's words; `switch` turns thinking on or off whatever the effort says."""
    if switch is None and effort is not None:
        switch = effort != "none"
    if switch is None:
        return {}
    if not switch:
        return {"thinking": "off"}
    if effort in (None, "none"):
        return {"thinking": "on"}
    return {"thinking": "on", "effort": EFFORTS.get(str(effort), effort)}


def read_schema(declared: Any, where: str) -> JsonSchema:
    """A named schema as ours. Only an explicit `strict: false` lets keywords go that a reply cannot be held to.

    Raises: CallerError when there is no schema in it.
    """
    schema = declared.get("schema") if isinstance(declared, Mapping) else None
    if not isinstance(schema, dict):
        raise CallerError(f"{where}.schema is missing; put the JSON Schema there.", param=f"{where}.schema")
    return JsonSchema(schema, strict=declared.get("strict") is not False)
