"""What every foreign format says of calls: those that the server ran itself, and those that were cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.events import CallReady, CallStarted, Event, Finished, ToolFinished


@dataclass
class OpenCalls:
    """Follows a stream. A reply that reaches its longest length inside a call leaves the client with a broken one."""

    _names: dict[str, str] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Take notice of an event."""
        match event:
            case CallStarted(call_id, name):
                self._names[call_id] = name
            case CallReady(call):
                self._names.pop(call.id, None)
            case _:
                pass

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._names

    def warnings(self) -> list[str]:
        """At the end: what the client must know of each call that never became whole."""
        return [
            f"The reply ended inside a call of {name!r}: its arguments are not whole. Do not run it; raise max_tokens."
            for name in self._names.values()
        ]


def write_step(step: ToolFinished, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call that the server ran: what was asked, what came back and from where, and how long it took."""
    result = step.result
    return {
        "id": result.call_id,
        "name": result.name,
        "arguments": dict(arguments),
        "result": result.text,
        "is_error": result.is_error,
        "sources": [{"title": source.title, "url": source.url} for source in result.sources],
        "seconds": round(step.seconds, 3),
    }


def write_steps(finished: Finished, steps: Sequence[ToolFinished]) -> list[dict[str, Any]]:
    """All of them, in order."""
    made = {call.id: call.arguments for message in finished.messages for call in message.calls}
    return [write_step(step, made.get(step.result.call_id, {})) for step in steps]
