"""What OpenAI's three request bodies (chat completions, responses, completions) have in common.

Source: the types of the `openai` package, read 2026-11. `top_k`, `min_p` and `repetition_penalty` are those of hosted
Gemma APIs; further fields of theirs are in the documentation of vLLM (OpenAI-compatible server, extra parameters) and
of OpenRouter (API reference, parameters).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from playground.errors import CallerError
from playground.grammar import JsonSchema

UNSUPPORTED_ELSEWHERE: Mapping[str, tuple[Any, ...]] = {
    "add_special_tokens": (None, False),
    "allowed_token_ids": (None,),
    "bad_words": (None, []),
    "guided_choice": (None,),
    "guided_grammar": (None,),
    "guided_regex": (None,),
    "ignore_eos": (None, False),
    "include_stop_str_in_output": (None, False),
    "length_penalty": (None, 1),
    "logits_processors": (None, []),
    "min_tokens": (None, 0),
    "plugins": (None, []),
    "preset": (None,),
    "prompt_logprobs": (None,),
    "return_token_ids": (None, False),
    "return_tokens_as_token_ids": (None, False),
    "skip_special_tokens": (None, True),
    "spaces_between_special_tokens": (None, True),
    "stop_token_ids": (None, []),
    "top_a": (None, 0),
    "transforms": (None, []),
    "truncate_prompt_tokens": (None,),
    "use_beam_search": (None, False),
    "vllm_xargs": (None,),
}
"""Fields of vLLM and OpenRouter that change the reply and that we cannot honour; see `fields.refuse_unsupported`."""

NO_EFFECT_ELSEWHERE = (
    *("cache_prompt", "cache_salt", "guided_decoding_backend", "models", "priority", "provider", "request_id", "route"),
    *("session_id", "trace", "usage"),
)
"""Fields of other servers that choose among their machines, or that ask for what every reply has here."""

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: Mapping[str, str] = {"minimal": "low", "xhigh": "high", "max": "high"}
"""Efforts that we do not tell apart from a neighbour."""


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
        values = {name: value for name in names if (value := getattr(self, name)) is not None}
        if values.get("top_k") == -1:
            values["top_k"] = 0  # vLLM's word for "off"
        return values


class Looking(BaseModel):
    """How closely pictures are looked at, by our names: no protocol has fields for it in a whole request."""

    image_tokens: int | str | None = None
    pan_and_scan: bool | None = None


LOOKING = tuple(Looking.model_fields)
OURS = ("thinking_tokens", *LOOKING)
"""Options that the protocol has no field for: chat completions and responses take them by our names."""


class TextSampling(Sampling):
    """What chat completions and completions have besides."""

    logit_bias: dict[int, float] | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @model_validator(mode="after")
    def _streams(self) -> TextSampling:
        if self.include_usage and not self.stream:
            text = "stream_options is for streams, and stream is not set; set it, or leave stream_options out."
            raise CallerError(text, param="stream_options")
        return self

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
