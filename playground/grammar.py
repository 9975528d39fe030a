"""The shapes a reply may take, as values. A dialect turns one into a grammar text; the engine turns that into masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class JsonObject:
    """The answer is one JSON object of any content."""


@dataclass(frozen=True)
class JsonSchema:
    """The answer is JSON that validates against `schema`.

    Where a reply cannot be held to a keyword of it, the request is refused; without `strict` that keyword is let go.
    """

    schema: Mapping[str, Any]
    strict: bool = True


@dataclass(frozen=True)
class Choice:
    """Which tools a reply may or must call.

    `auto`: the model decides. `none`: text only. `required`: at least one call. `named`: a call to `name`.
    """

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str | None = None


ResponseFormat: TypeAlias = JsonObject | JsonSchema | None
