"""Search through ddgs: public search engines without a key, the next one asked when one refuses.

ddgs itself answers "No results found" both when an engine found nothing and when it refused to search. Here each
engine's HTTP status is watched, so that a rate limit is called a rate limit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ddgs.engines import ENGINES
from ddgs.exceptions import TimeoutException

from tools.tool import CallContext, Citation, ToolError
from tools.web_search import usable

ENGINE_ORDER = ("duckduckgo", "brave", "mojeek", "yahoo", "wikipedia")
ENGINE_S = 8
"""Seconds for one engine; ddgs takes whole ones."""
TOTAL_S = 30.0
_RATE_LIMITED = {202, 403, 418, 429}
"""DuckDuckGo answers 202 with an empty page when it has had enough; others use 403 or 429."""


class DdgsSearch:
    """Asks the engines in order until one has results.

    `proxy` and `verify` (False, or a file of certificate authorities) are ddgs' own.
    """

    def __init__(
        self,
        engines: Sequence[str] = ENGINE_ORDER,
        *,
        region: str = "us-en",
        proxy: str | None = None,
        verify: bool | str = True,
        engine_s: int = ENGINE_S,
    ) -> None:
        unknown = [name for name in engines if name not in ENGINES["text"]]
        if unknown or not engines:
            raise ValueError(f"No search engine is called {unknown}; ddgs has {sorted(ENGINES['text'])}.")
        self._engines = tuple(engines)
        self._region = region
        self._client = {"proxy": proxy, "verify": verify, "timeout": engine_s}

    def search(self, query: str, count: int, context: CallContext) -> Sequence[Citation]:  # noqa: ARG002
        """See `SearchProvider.search`."""
        deadline = time.monotonic() + TOTAL_S
        problems: dict[str, str] = {}
        for name in self._engines:
            if context.cancelled.is_set() or time.monotonic() > deadline:
                break
            outcome = self._ask(name, query)
            if not isinstance(outcome, str):
                return outcome
            if outcome:
                problems[name] = outcome
        if not problems:
            raise ToolError(f"No results for {query!r}. Try other or fewer words.")
        said = "; ".join(f"{name} {problem}" for name, problem in problems.items())
        raise ToolError(
            f"Web search does not work right now: {said}. Tell the user; try again in a minute, "
            "or set PLAYGROUND_SEARXNG_URL to use a SearXNG server."
        )

    def _ask(self, name: str, query: str) -> Sequence[Citation] | str:
        """One engine's results, or what kept it from giving any; empty when it searched and found nothing."""
        engine = ENGINES["text"][name](**self._client)
        engine.http_client = watched = _Watched(engine.http_client)
        try:
            results = engine.search(query, region=self._region)
        except TimeoutException:
            return f"did not answer within {self._client['timeout']} seconds"
        except Exception as error:  # an engine's page can break any step of ddgs' parsing
            return _refusal(watched.status) or f"could not be read ({type(error).__name__})"
        # A broken page can give results that are empty shells; only those that lead somewhere count.
        return usable([Citation(hit.title, hit.href, hit.body) for hit in results or ()]) or _refusal(watched.status)


def _refusal(status: int | None) -> str:
    if status in _RATE_LIMITED:
        return f"limits how often it may be asked (HTTP {status})"
    return f"answered with HTTP {status}" if status not in (None, 200) else ""


class _Watched:
    """An engine's HTTP client that remembers the status of its last answer."""

    def __init__(self, client: Any) -> None:
        self._http = client
        self.client = client.client
        self.status: int | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.status = None
        response = self._http.request(*args, **kwargs)
        self.status = response.status_code
        return response
