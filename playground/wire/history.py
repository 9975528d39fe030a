"""What the foreign message formats have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from playground.messages import Image, Message, Part, Text

ReadImage: TypeAlias = Callable[[str], Image]
"""Turns an image URL (https or data:) into a checked image; raises CallerError."""


def join_neighbours(turns: list[Message]) -> tuple[Message, ...]:
    """Messages in a row by one role become one: templates want roles to alternate, clients need not know."""
    joined: list[Message] = []
    for message in turns:
        if joined and joined[-1].role == message.role:
            between: tuple[Part, ...] = () if message.role == "tool" else (Text("\n\n"),)
            joined[-1] = Message(message.role, joined[-1].parts + between + message.parts)
        else:
            joined.append(message)
    return tuple(joined)
