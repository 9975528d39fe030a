"""`GET /metrics` for Prometheus: replies, tokens and seconds since the start. Nothing of what was said, and no names.

Apps are left out of the labels: their names come from requests, and each would be a series of its own for ever.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from playground.events import Usage
from playground.usage_log import Caller

CONTENT_TYPE = CONTENT_TYPE_LATEST
FIRST_TOKEN_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TOTAL_S = (0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """Counters and histograms of this process. `note` is one of a `Meter`'s notes."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        who = ("interface", "model")
        self._replies = Counter("playground_replies", "Replies that ended", (*who, "outcome"), registry=registry)
        self._tokens = Counter(
            "playground_tokens", "Tokens read afresh, reused from the cache, and written", (*who, "kind"),
            registry=registry,
        )  # fmt: skip
        self._first = Histogram(
            "playground_first_token_seconds", "From a request to its first token", who, buckets=FIRST_TOKEN_S,
            registry=registry,
        )  # fmt: skip
        self._total = Histogram(
            "playground_reply_seconds", "From a request to its end", who, buckets=TOTAL_S, registry=registry
        )

    def note(self, caller: Caller, model: str, outcome: str, usage: Usage, total_s: float) -> None:
        """Count one reply."""
        who = (caller.interface, model)
        self._replies.labels(*who, outcome).inc()
        self._tokens.labels(*who, "fresh").inc(max(0, usage.prompt_tokens - usage.cached_tokens))
        self._tokens.labels(*who, "cached").inc(usage.cached_tokens)
        self._tokens.labels(*who, "written").inc(usage.completion_tokens)
        if usage.completion_tokens:
            self._first.labels(*who).observe(usage.first_token_s)
        self._total.labels(*who).observe(total_s)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
