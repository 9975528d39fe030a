"""Search through a SearXNG server of one's own.

Source of the format: https://docs.searxng.org/dev/search_api.html, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from tools.safe_fetch import Fetched, Limits, safe_fetch
from tools.tool import CallContext, Citation, ToolError


class SearxngSearch:
    """Asks the server at `base_url`. Its owner chose that address, so it may be a private one."""

    def __init__(self, base_url: str, *, timeout_s: float = 20.0) -> None:
        self._base_url = base_url.rstrip("/")
        self._limits = Limits(max_bytes=2_000_000, timeout_s=timeout_s, allow_private=True)

    def search(self, query: str, count: int, context: CallContext) -> Sequence[Citation]:  # noqa: ARG002
        """See `SearchProvider.search`."""
        url = f"{self._base_url}/search?{urlencode({'q': query, 'format': 'json'})}"
        answer = safe_fetch(url, self._limits, cancel=context.cancelled)
        if answer.status != 200:
            raise ToolError(f"Web search does not work right now: {self._explain(answer.status)}")
        return self._results(answer)

    def _explain(self, status: int) -> str:
        match status:
            case 403:
                return f"{self._base_url} gives no JSON. Its owner must add `json` to `search.formats` in settings.yml."
            case 429:
                return f"{self._base_url} limits how often it may be asked. Tell the user; try again in a minute."
            case _:
                return f"{self._base_url} answered with HTTP {status}. Check that it is a SearXNG server."

    def _results(self, answer: Fetched) -> list[Citation]:
        try:
            found = json.loads(answer.body)["results"]
            return [
                Citation(str(hit.get("title", "")), str(hit["url"]), str(hit.get("content") or "")) for hit in found
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolError(
                f"Web search does not work right now: {self._base_url} did not answer as a SearXNG server does. "
                "Check PLAYGROUND_SEARXNG_URL."
            ) from error
