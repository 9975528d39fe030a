"""How far a reply is, what it took, and why it failed, as words and HTML for the pages beside the chat."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from playground.errors import PlaygroundError
from playground.events import Progress
from playground.turn import Signals
from playground.ui.segments import GrowingReply, Words


class Stops:
    """The replies that tabs are waiting for, so that a button can end them; what they have by then stays.

    Not by cancelling the event that shows them: an update on its way would come after the button's own.
    """

    def __init__(self) -> None:
        self._running: dict[str, Signals] = {}

    @contextmanager
    def running(self, request: gr.Request) -> Iterator[Signals]:
        """Signals for a reply to this tab; set at the end."""
        tab, signals = request.session_hash or "", Signals()
        self._running[tab] = signals
        try:
            yield signals
        finally:
            signals.set()
            if self._running.get(tab) is signals:
                del self._running[tab]

    def stop(self, request: gr.Request) -> None:
        """End the tab's reply, if there is one."""
        if signals := self._running.get(request.session_hash or ""):
            signals.set()


def text_of(grown: GrowingReply) -> str:
    """The answer's words so far."""
    return "".join(segment.text for segment in grown.segments if isinstance(segment, Words))


def stage_of(grown: GrowingReply) -> str:
    """What is being done, with how much of it is done where that is known."""
    progress = grown.progress
    if not isinstance(progress, Progress):
        return "writing"
    share = f" {100 * progress.done // progress.total} %" if progress.total and progress.stage != "queued" else ""
    return {"queued": "waiting", "loading": "loading the model", "prefill": "reading"}[progress.stage] + share


def figures_of(grown: GrowingReply) -> str:
    """Tokens and seconds of a finished reply; "" before."""
    if grown.finished is None:
        return ""
    usage = grown.finished.usage
    took = usage.queue_s + usage.prefill_s + usage.decode_s
    reused = f" ({usage.cached_tokens:,} of them from the cache)" if usage.cached_tokens else ""
    how = {"length": " · cut off at the longest answer", "cancelled": " · stopped"}.get(grown.finished.reason, "")
    return (
        f"{usage.prompt_tokens:,} tokens read{reused}, {usage.completion_tokens:,} written in {took:.1f} s{how}"
    )  # fmt: skip


def state_html(words: str, *, busy: bool = False) -> str:
    """A quiet line that screen readers say."""
    pulse = '<span class="pulse"></span>' if busy else ""
    return f'<p class="progress" role="status">{pulse}{html.escape(words)}</p>'


def problem_html(error: PlaygroundError) -> str:
    """What went wrong and what to do."""
    return f'<div class="notice problem" role="alert">{html.escape(error.message)}</div>'
