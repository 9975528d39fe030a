"""The list of built-in tools."""

from __future__ import annotations

from datetime import tzinfo

from tools import calculator, clock, web_page, web_search
from tools.ddgs_search import DdgsSearch
from tools.searxng_search import SearxngSearch
from tools.tool import Tool

BUILT_IN_SPECS = (calculator.SPEC, clock.SPEC, web_search.SPEC, web_page.SPEC)
"""What models are told about the built-in tools."""


def built_in_tools(
    *, searxng_url: str | None = None, allow_private: bool = False, local_zone: tzinfo | None = None
) -> tuple[Tool, ...]:
    """The built-in tools: calculator, clock, web search and page reader.

    `searxng_url`: search with this SearXNG server instead of public engines. `allow_private`: let pages of this machine
    and its networks be read. `local_zone`: where the visitor is; None is this machine's zone.
    """
    provider = SearxngSearch(searxng_url) if searxng_url else DdgsSearch()
    return (
        calculator.calculator(),
        clock.current_time(local_zone),
        web_search.web_search(provider),
        web_page.fetch_page(allow_private=allow_private),
    )
