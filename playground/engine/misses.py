"""What parts a prompt from one that was read before it, in words for people.

Knows of a prompt what the engine is told: ids, pictures and how far the instructions reach. Not who asks: a message
that was edited looks like the first one of another chat that has the same instructions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.engine.chunks import fingerprint
from playground.engine.request import Request


@dataclass(frozen=True, eq=False)
class Prompt:
    """A prompt's `fingerprint`, and how many of its tokens are instructions: the system prompt and the tools."""

    marks: npt.NDArray[np.int64]
    instructions: int = 0

    @staticmethod
    def of(request: Request, end: int | None = None) -> Prompt:
        """That of a request, up to `end`."""
        return Prompt(fingerprint(request.prompt_ids, request.images)[:end], request.instructions)


def common(one: Prompt, other: Prompt) -> int:
    """Tokens of the common start."""
    length = min(len(one.marks), len(other.marks))
    different = np.flatnonzero(one.marks[:length] != other.marks[:length])
    return int(different[0]) if len(different) else length


def difference(now: Prompt, earlier: Prompt) -> str:
    """How a prompt relates to an earlier one."""
    at = common(now, earlier)
    if at == len(now.marks):
        return "the whole prompt was read before, but its end has to be read again"
    if at == len(earlier.marks):
        return f"the prompt is new from token {at} on"
    pictures = [prompt.marks[at] < 0 for prompt in (now, earlier)]
    if all(pictures):
        return f"another picture stands at token {at}"
    if any(pictures):
        return f"a picture was {'added' if pictures[0] else 'taken out'} at token {at}"
    if at < max(now.instructions, earlier.instructions):
        return f"the system prompt or the tools changed at token {at}"
    return f"a message was edited or left out, or another chat begins, at token {at}"
