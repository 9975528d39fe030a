"""Web search: numbered results with title, address and snippet, whoever finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tools.tool import CallContext, Citation, Tool, ToolError, ToolOutput, ToolSpec

DEFAULT_RESULTS = 5
MAX_RESULTS = 10
MAX_QUERY_CHARS = 400
SNIPPET_CHARS = 300

SPEC = ToolSpec(
    name="web_search",
    description="Search the web. Gives numbered results with title, address and snippet.",
    parameters={
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to search for, as typed into a search engine"},
            "max_results": {
                "type": "integer",
                "description": "How many results to give, 5 if left out",
                "minimum": 1,
                "maximum": MAX_RESULTS,
            },
        },
        "required": ["query"],
    },
)


class SearchProvider(Protocol):
    """Somebody who searches the web."""

    def search(self, query: str, count: int, context: CallContext) -> Sequence[Citation]:
        """Up to `count` results, best first, or more.

        Raises: ToolError that says why there are none and what to do.
        """
        ...


def web_search(provider: SearchProvider) -> Tool:
    """Search by this provider as a tool."""

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:
        query = " ".join(str(arguments["query"]).split())
        if not query:
            raise ToolError("The query is empty. Say what to search for.")
        if len(query) > MAX_QUERY_CHARS:
            raise ToolError(
                f"The query has {len(query)} characters; {MAX_QUERY_CHARS} is the most. Use a few keywords."
            )
        count = int(arguments.get("max_results", DEFAULT_RESULTS))
        results = usable(provider.search(query, count, context))[:count]
        if not results:
            raise ToolError(f"No results for {query!r}. Try other or fewer words.")
        return ToolOutput(show(results), citations=results, untrusted=True)

    return Tool(SPEC, run, timeout_s=40.0)


def show(results: Sequence[Citation]) -> str:
    """One result a line, numbered so that a reply can cite it: `[1] Title — URL — snippet`."""
    rows = [" — ".join(filter(None, (hit.title, hit.url, hit.snippet))) for hit in results]
    return "\n".join(f"[{number}] {row}" for number, row in enumerate(rows, start=1))


def usable(results: Sequence[Citation]) -> tuple[Citation, ...]:
    """Results that lead to a web page, each page once, in one line of bounded length."""
    found: dict[str, Citation] = {}
    for hit in results:
        url = hit.url.strip()
        if url.startswith(("http://", "https://")) and url not in found:
            found[url] = Citation(_line(hit.title, 200) or url, url, _line(hit.snippet, SNIPPET_CHARS))
    return tuple(found.values())


def _line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
