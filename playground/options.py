"""How one turn is generated: the same names, ranges and defaults in the page, Gradio's API and every HTTP API.

Defaults are the Gemma team's (temperature 1.0, top_k 64, top_p 0.95).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema

MAX_SEED = 2_147_483_647
THINKING_TOKENS = {"low": 256, "medium": 1024, "high": 4096}
"""Thinking budget, in tokens, that each effort stands for."""


class Options(BaseModel):
    """Frozen. Build it with `parse_options` when the values come from outside: errors then name the range."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    temperature: float = Field(
        1.0, ge=0, le=2, description="Randomness. 0 always takes the likeliest token; 1 samples the model's own odds."
    )
    top_p: float = Field(
        0.95, ge=0, le=1, description="Keep the likeliest tokens that hold this share of probability. 1 = off."
    )
    top_k: int = Field(64, ge=0, le=1000, description="Keep this many of the likeliest tokens. 0 = off.")
    min_p: float = Field(
        0.0, ge=0, le=1, description="Drop tokens less likely than this share of the likeliest one. 0 = off."
    )
    max_tokens: int = Field(1024, ge=1, le=131_072, description="The longest reply, in tokens, thinking included.")
    stop: tuple[str, ...] = Field((), max_length=16, description="The reply ends before any of these.")
    seed: int | None = Field(
        None, ge=0, le=MAX_SEED, description="Same seed and same input: same reply. Empty: drawn at random and shown."
    )
    presence_penalty: float = Field(
        0.0, ge=-2, le=2, description="Above 0: avoid tokens that the reply already used, once or often alike."
    )
    frequency_penalty: float = Field(
        0.0, ge=-2, le=2, description="Above 0: avoid tokens in proportion to how often the reply used them."
    )
    repetition_penalty: float = Field(
        1.0, ge=0.1, le=2, description="Above 1: make tokens of the prompt and the reply less likely to come again."
    )
    logit_bias: Mapping[int, float] = Field(
        default_factory=dict, description="Added to the logits of single token ids, from -100 to 100."
    )
    logprobs: bool = Field(False, description="Report each token's log probability.")
    top_logprobs: int = Field(0, ge=0, le=20, description="Report this many alternatives for each token.")
    thinking: Literal["auto", "on", "off"] = Field(
        "auto", description="Think before answering. Auto: as the model does by itself (off for Gemma 3 and 4)."
    )
    effort: Literal["low", "medium", "high"] = Field("medium", description="How long thinking may take, in words.")
    thinking_tokens: int | None = Field(
        None, ge=1, le=131_072, description="How long thinking may take, in tokens; overrides effort."
    )
    image_tokens: Literal["auto", "70", "140", "280", "560", "1120"] = Field(
        "auto", description="How closely Gemma 4 looks at a picture: most tokens that it may take. Auto: 280."
    )
    pan_and_scan: bool = Field(
        False, description="Show Gemma 3 crops of long pictures too. Each crop takes 256 tokens more."
    )
    response_format: JsonObject | JsonSchema | None = Field(None, description="The shape of the answer.")
    tool_choice: Choice = Field(Choice(), description="Whether tools may, must or must not be called.")
    parallel_tool_calls: bool = Field(True, description="Whether one reply may hold several calls.")
    rounds: int = Field(8, ge=1, le=32, description="How often the model may call tools before it has to answer.")

    @field_validator("stop")
    @classmethod
    def _stop_not_empty(cls, stop: tuple[str, ...]) -> tuple[str, ...]:
        if any(text == "" for text in stop):
            raise ValueError("an empty stop text would end every reply at once; remove it")
        return stop

    @field_validator("image_tokens", mode="before")
    @classmethod
    def _number_as_text(cls, tokens: Any) -> Any:
        return str(tokens) if isinstance(tokens, int) and not isinstance(tokens, bool) else tokens

    @field_validator("logit_bias")
    @classmethod
    def _bias_in_range(cls, bias: Mapping[int, float]) -> Mapping[int, float]:
        for token, value in bias.items():
            if not -100 <= value <= 100:
                raise ValueError(f"the bias of token {token} is {value}; it must lie between -100 and 100")
        return bias

    @property
    def thinking_budget(self) -> int:
        """Most tokens to think for, when thinking is on."""
        return self.thinking_tokens if self.thinking_tokens is not None else THINKING_TOKENS[self.effort]

    def with_seed(self) -> Options:
        """These options with a seed: the one asked for, or a fresh one."""
        if self.seed is not None:
            return self
        return self.model_copy(update={"seed": secrets.randbelow(MAX_SEED + 1)})


def parse_options(values: Mapping[str, Any]) -> Options:
    """Options from untrusted values, absent names taking their defaults.

    Raises: CallerError naming the option, the value and the range or the known names.
    """
    try:
        return Options.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        if first["type"] == "extra_forbidden":
            known = ", ".join(Options.model_fields)
            raise CallerError(f"There is no option called {name!r}. Known options: {known}.", param=name) from error
        raise CallerError(f"{name} is {first['input']!r}: {_expectation(name, first)}.", param=name) from error


def option_range(name: str) -> tuple[float | None, float | None]:
    """The least and the greatest value of an option; None where there is no bound."""
    low: float | None = None
    high: float | None = None
    for rule in Options.model_fields[name].metadata:
        low = getattr(rule, "ge", low)
        high = getattr(rule, "le", high)
    return low, high


def _expectation(name: str, error: Any) -> str:
    field = name.split(".", 1)[0]
    low, high = option_range(field) if field in Options.model_fields else (None, None)
    if error["type"] in {"greater_than_equal", "less_than_equal"} and low is not None:
        return f"it must lie between {low:.10g} and {high:.10g}"
    return str(error["msg"]).removeprefix("Value error, ").lower()
