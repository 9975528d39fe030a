"""What a backend is asked to answer: one model turn, and what may be asked of it while it does."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from playground.messages import Message
from playground.options import Options
from tools.tool import ToolSpec


@dataclass(frozen=True)
class Turn:
    """The whole conversation so far, the tools that may be called, and how to generate.

    `prefill` is the start of the reply, written for the model, which goes on from there. Events hold what is new; the
    message that `Finished` adds to the history begins with the prefill.

    `raw` is the whole prompt, in place of everything but the options: a text, in which control tokens count as such
    because the caller writes the template, or token ids. The reply is then plain text.

    `begun` is the start of the reply as token ids, after the prefill: exactly these tokens, in a thought or a call too.
    They count as part of the reply, and its events begin with what they say.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    options: Options = field(default_factory=Options)
    prefill: str = ""
    raw: str | tuple[int, ...] | None = None
    begun: tuple[int, ...] = ()


class Signals(threading.Event):
    """What may be asked of a reply while it is written. Set, it ends the reply; `answer_now` ends its thought.

    Anything that takes a plain event to cancel takes this too, and then hears of the thought's end as well, where it
    can act on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answer_now = threading.Event()
