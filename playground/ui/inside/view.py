"""A recording and what became of its replay, as HTML. Everything in it is escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from playground.chat.recording import Recording
from playground.run_card import Comparison

SHOWN_OPTIONS = ("temperature", "top_p", "top_k", "min_p", "max_tokens", "thinking", "tool_choice")


def card(recording: Recording) -> str:
    """What decided the reply, in a table."""
    rows = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in _facts(recording)
        if value
    )
    return f'<table class="facts">{rows}</table>'


def outcome(found: Comparison) -> str:
    """Whether the replay wrote the same."""
    kind = "right" if found.identical else "wrong"
    return f'<p class="verdict {kind}" role="status">{html.escape(found.text)}</p>'


def problem(text: str) -> str:
    """What went wrong."""
    return f'<p class="verdict wrong" role="alert">{html.escape(text)}</p>'


def hint(text: str) -> str:
    """Something to know."""
    return f'<p class="verdict right" role="status">{html.escape(text)}</p>'


def progress(done: int, total: int) -> str:
    """How far a replay is: `done` of the `total` tokens that were recorded."""
    share = min(100.0, 100 * done / total) if total else 0.0
    return (
        f'<p class="replaying" role="status">Writing it again: {done:,} of {total:,} tokens'
        f'<i><em style="width: {share:.0f}%"></em></i></p>'
    )


def _facts(recording: Recording) -> list[tuple[str, str]]:
    turns = recording.card["turns"]
    first: Mapping[str, Any] = turns[0]
    results = recording.card.get("tool_calls", ())
    options = recording.turn.options
    shown = {name: getattr(options, name) for name in SHOWN_OPTIONS}
    shown["tool_choice"] = options.tool_choice.name or options.tool_choice.mode
    remote = first.get("remote")
    server = remote.get("server", "another server") if isinstance(remote, Mapping) else ""
    return [
        ("Model", f"{recording.model}, revision {str(first['model'].get('revision', ''))[:12] or 'unknown'}"),
        ("Written by", f"{server}, which tells no token ids: its replay cannot be compared" if server else ""),
        ("Seed", str(options.seed)),
        ("Options", ", ".join(f"{name} {value}" for name, value in shown.items())),
        ("Tokens", f"{_count(turns, 'prompt_ids')} in, {_count(turns, 'output_ids')} out"),
        ("Model turns", str(len(turns)) if len(turns) > 1 else ""),
        ("Recorded results", ", ".join(str(one["name"]) for one in results)),
        ("Pictures", str(len(first["images"])) if first["images"] else ""),
        ("Computed on", f"{first['device']}, {first['dtype']}, {first.get('computing', '')}".rstrip(", ")),
        ("Versions", ", ".join(f"{name} {value}" for name, value in first["versions"].items())),
        ("Output hash", ", ".join(str(one.get("output_sha256", ""))[:16] for one in turns)),
    ]


def _count(turns: list[Mapping[str, Any]], key: str) -> str:
    return f"{sum(len(turn[key]) for turn in turns):,}"
