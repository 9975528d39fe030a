"""What a tool is: a specification the model reads, a way to run it, and how it fails.

A tool knows nothing of models, prompts or pages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


class ToolError(Exception):
    """A call failed in a way the model should hear of: the text becomes the call's result, and the loop goes on."""


@dataclass(frozen=True)
class ToolSpec:
    """What the model is told: `parameters` is a JSON Schema of type object.

    Where a reply cannot be held to a keyword of it, the tool is refused; without `strict` that keyword is let go.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    strict: bool = True


@dataclass(frozen=True)
class Citation:
    """Where a piece of the output came from."""

    title: str
    url: str
    snippet: str = ""


@dataclass(frozen=True)
class ToolOutput:
    """What a tool answers. Text from the web is `untrusted`: it is delimited as data before the model sees it."""

    text: str
    citations: tuple[Citation, ...] = ()
    untrusted: bool = False


@dataclass(frozen=True)
class CallContext:
    """What a running tool may look at: `cancelled` is set when the person pressed stop or the time limit passed."""

    cancelled: threading.Event = field(default_factory=threading.Event)


Run: TypeAlias = Callable[[Mapping[str, Any], CallContext], ToolOutput]


@dataclass(frozen=True)
class Tool:
    """A specification with a way to run it.

    `run` is None for a tool that a person or an API client answers: the loop then ends its turn with a pending call.
    `asks_first` marks tools with side effects: the loop ends its turn and waits for approval.
    """

    spec: ToolSpec
    run: Run | None
    timeout_s: float = 30.0
    asks_first: bool = False
    origin: Literal["built-in", "python", "schema", "client", "mcp"] = "built-in"
