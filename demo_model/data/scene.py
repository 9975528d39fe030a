"""A conversation in the making: messages, declared tools, facts told so far, and the style of replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo_model.data.chat import Exchange
from demo_model.data.memory import Fact
from demo_model.data.ontology import DraftedTool
from demo_model.data.requests import Request
from demo_model.data.spin import Speaker
from demo_model.data.wording import patterns
from playground.messages import Message, Thinking, ToolCall, assistant, user
from tools.tool import ToolSpec


@dataclass
class Dialogue:
    """A finished conversation. `kinds` names the skill of each assistant message, for scores by skill."""

    messages: list[Message] = field(default_factory=list)
    tools: tuple[ToolSpec, ...] = ()
    thinking: bool = False
    kinds: list[str] = field(default_factory=list)
    foreign: set[int] = field(default_factory=set)
    """Places in `messages` of replies in somebody else's words: part of the history, never learned."""


FOREIGN = {"tell": 0.5, "recall": 0.0, "untold": 0.0, "sum": 0.0}
"""How often a statement is acknowledged in words that repeat nothing: facts must be found where they were told."""
Style = Callable[[Exchange], str]


@dataclass
class Scene:
    """A conversation in the making."""

    sp: Speaker
    dialogue: Dialogue
    tools: list[DraftedTool]
    style: Style
    facts: list[Fact] = field(default_factory=list)
    calls: int = 0
    terse: bool = False
    """Tools answer nothing and the next request follows at once: the choice among them is the lesson."""

    def say(self, exchange: Exchange, kind: str) -> None:
        """A user message and the answer without tools; some statements meet a reply in other words than the model's."""
        self.dialogue.messages.append(user(exchange.text))
        if self.sp.chance(FOREIGN.get(kind, 0.06)):
            self.dialogue.foreign.add(len(self.dialogue.messages))
            self.answer(self.sp.pick(patterns("acknowledged", "acknowledged")), exchange.thought, kind)
            return
        self.answer(self.style(exchange), exchange.thought, kind)

    def answer(self, reply: str, thought: str, kind: str) -> None:
        """An assistant message in words."""
        parts: list[Any] = [Thinking(thought)] if self.dialogue.thinking else []
        self.dialogue.messages.append(assistant(*parts, reply))
        self.dialogue.kinds.append(kind)

    def call(self, requests: Sequence[Request], thought: str, kind: str) -> list[str]:
        """An assistant message of calls; the ids of the calls."""
        ids = []
        parts: list[Any] = [Thinking(thought)] if self.dialogue.thinking else []
        for one in requests:
            self.calls += 1
            ids.append(f"call_{self.calls}")
            parts.append(ToolCall(ids[-1], one.tool.spec.name, one.arguments))
        self.dialogue.messages.append(Message("assistant", tuple(parts)))
        self.dialogue.kinds.append(kind)
        return ids

    def looks_things_up(self) -> bool:
        """Whether a declared tool could answer any question."""
        said = " ".join(f"{tool.spec.name} {tool.spec.description}" for tool in self.tools).lower()
        return any(word in said for word in ("search", "web", "internet", "info", "fact", "news"))
