"""One tool call: check it, run it under a time limit, shorten what it says, and never raise for what a tool does."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from playground.events import ToolFinished
from playground.messages import Source, ToolCall, ToolResult
from tools.arguments import check_arguments
from tools.time_limit import Cancelled, OutOfTime, run_within
from tools.tool import CallContext, Tool, ToolError, ToolOutput, ToolSpec
from tools.untrusted import mark_as_data

log = logging.getLogger(__name__)

MAX_RESULT_CHARS = 20_000
REPEATED = "You made this very call before. Its result was:\n"
NO_MORE_CALLS = "\n(No further calls can be made. Answer now with what you have.)"


def result_chars(context_tokens: int) -> int:
    """How long a result may be, in characters: about a quarter of the context, at three characters a token."""
    return min(MAX_RESULT_CHARS, context_tokens * 3 // 4)


def call_key(name: str, arguments: Mapping[str, Any]) -> str:
    """Equal for calls that ask the same of the same tool."""
    return f"{name} {json.dumps(dict(arguments), sort_keys=True, ensure_ascii=False, default=str)}"


def recorded_results(card: Mapping[str, Any]) -> dict[str, ToolResult]:
    """The results in a run card, for a replay, by what was called.

    Raises: KeyError or TypeError when the card's calls are not as `ToolRunner.records` has them.
    """
    return {
        call_key(call["name"], call["arguments"]): ToolResult(
            call["id"], call["name"], call["text"], call["is_error"], tuple(Source(**one) for one in call["sources"])
        )
        for call in reversed(card["tool_calls"])
    }


@dataclass
class ToolRunner:
    """Runs the calls of one reply. `records` tells what ran, for the run card: the tool's own words, and seconds.

    With `recorded`, results come from there alone and nothing runs; the caller asks for none that is not there.
    """

    declared: Sequence[ToolSpec]
    toolbox: Mapping[str, Tool]
    max_chars: int = MAX_RESULT_CHARS
    recorded: Mapping[str, ToolResult] | None = None

    def __post_init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self._answered: dict[str, ToolResult] = {}

    def run(self, call: ToolCall, cancel: threading.Event, *, is_last: bool = False) -> ToolFinished:
        """The call's result, failed or not. `is_last` tells the model that no call can follow."""
        started = time.monotonic()
        key = call_key(call.name, call.arguments)
        repeated = key in self._answered
        own = self._answered[key] if repeated else self._result(call, key, cancel)
        self._answered[key] = own
        seconds = time.monotonic() - started
        self._record(call, own, seconds, repeated)
        text = f"{REPEATED if repeated else ''}{own.text}{NO_MORE_CALLS if is_last else ''}"
        return ToolFinished(replace(own, call_id=call.id, text=text), seconds, repeated)

    def skip(self, call: ToolCall, why: str) -> ToolFinished:
        """The result of a call that is not run."""
        result = _failure(call, f"{call.name} was not run: {why}")
        self._record(call, result, 0.0, repeated=False)
        return ToolFinished(result, 0.0)

    def _result(self, call: ToolCall, key: str, cancel: threading.Event) -> ToolResult:
        if self.recorded is not None:
            return self.recorded[key]
        try:
            output = self._output(call, cancel)
        except ToolError as error:
            return _failure(call, shorten(str(error), self.max_chars))
        except Exception as error:
            log.exception("Tool %s failed", call.name)
            return _failure(call, f"{call.name} failed: {type(error).__name__}: {str(error)[:300]}")
        return ToolResult(call.id, call.name, self._text(call, output), sources=_sources(output))

    def _output(self, call: ToolCall, cancel: threading.Event) -> ToolOutput:
        spec = next((spec for spec in self.declared if spec.name == call.name), None)
        tool = self.toolbox.get(call.name)
        if spec is None or tool is None or tool.run is None:
            names = ", ".join(spec.name for spec in self.declared) or "none"
            raise ToolError(f"There is no tool {call.name!r}. Tools: {names}.")
        arguments = check_arguments(spec, call.arguments)
        context = CallContext()
        run = tool.run
        try:
            return run_within(tool.timeout_s, lambda: run(arguments, context), cancel)
        except OutOfTime:
            raise ToolError(f"{call.name} did not answer within {tool.timeout_s:g} seconds and was given up.") from None
        except Cancelled:
            raise ToolError(f"{call.name} was stopped while it ran; what it had done by then is not known.") from None
        finally:
            context.cancelled.set()

    def _text(self, call: ToolCall, output: ToolOutput) -> str:
        text = shorten(output.text, self.max_chars)
        if not output.untrusted:
            return text
        source = output.citations[0].url if len(output.citations) == 1 else call.name
        return mark_as_data(text, source)

    def _record(self, call: ToolCall, result: ToolResult, seconds: float, repeated: bool) -> None:
        self.records.append(
            {
                "id": call.id,
                "name": call.name,
                "arguments": dict(call.arguments),
                "text": result.text,
                "is_error": result.is_error,
                "sources": [asdict(source) for source in result.sources],
                "seconds": round(seconds, 3),
                "repeated": repeated,
            }
        )


def shorten(text: str, most: int) -> str:
    """The text, or its beginning with a note of how much there was; the note comes on top of `most` characters."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()}\n(Cut: this is the beginning, {most:,} of {len(text):,} characters.)"


def _failure(call: ToolCall, text: str) -> ToolResult:
    return ToolResult(call.id, call.name, text, is_error=True)


def _sources(output: ToolOutput) -> tuple[Source, ...]:
    return tuple(Source(cite.title, cite.url, cite.snippet) for cite in output.citations)
