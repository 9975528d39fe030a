"""A conversation as values: equal content is an equal value.

This is the canonical history. What a page or a wire format shows is a picture of it, never its source.
Knows nothing of templates, tokens, HTTP or Gradio.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Text:
    """Words, exactly as written: never trimmed or dedented here."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """What the assistant thought before it answered. Whether it is sent again is the dialect's rule."""

    text: str


@dataclass(frozen=True)
class Image:
    """An image that has been decoded, checked and re-encoded by `images.py`: safe to decode again.

    `data` is PNG or JPEG without metadata, upright. `width` and `height` are in pixels.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex: the image's identity for caches and run cards."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class ToolCall:
    """A call the assistant made. `arguments` is a decoded JSON object, never a JSON string."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """Where a piece of a tool's result came from, numbered from 1 within the result so that a reply can cite [1]."""

    title: str
    url: str
    snippet: str = ""


@dataclass(frozen=True)
class ToolResult:
    """What a tool answered. `is_error` marks text that explains a failure to the model."""

    call_id: str
    name: str
    text: str
    is_error: bool = False
    sources: tuple[Source, ...] = ()


Part: TypeAlias = Text | Thinking | Image | ToolCall | ToolResult


@dataclass(frozen=True)
class Message:
    """One turn's contribution. `tool` messages hold `ToolResult` parts only; calls stand in `assistant` messages."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All `Text` parts joined with nothing between them."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in this message, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def images(self) -> tuple[Image, ...]:
        """The images in this message, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image))


def system(text: str) -> Message:
    """A system message of one text."""
    return Message("system", (Text(text),))


def user(*parts: str | Part) -> Message:
    """A user message; bare strings become `Text`."""
    return Message("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def assistant(*parts: str | Part) -> Message:
    """An assistant message; bare strings become `Text`."""
    return Message("assistant", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def tool(*results: ToolResult) -> Message:
    """A tool message that answers one or several calls."""
    return Message("tool", tuple(results))
