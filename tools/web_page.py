"""Fetch a web page and give its readable text."""

from __future__ import annotations

import http
import re
from collections.abc import Mapping
from typing import Any

import lxml.etree
import lxml.html
import trafilatura

from tools.safe_fetch import Fetched, Limits, safe_fetch
from tools.text_encoding import decode
from tools.tool import CallContext, Citation, Tool, ToolError, ToolOutput, ToolSpec
from tools.web_address import FetchError

HTML_TYPES = ("text/html", "application/xhtml+xml", "")
PAGE_TYPES = (*HTML_TYPES, "text/", "application/json", "application/ld+json", "application/xml")
MAX_CHARS = 100_000
MAX_ELEMENTS = 6000
"""Trafilatura's time grows with the square of a page's elements at worst (2 s at 5,000 loose list items, 42 s at
20,000), and Python cannot stop it: the rest of a longer page is cut off first."""
_NO_CONTENT = ("script", "style", "svg", "noscript", "template", "iframe")

SPEC = ToolSpec(
    name="fetch_page",
    description="Read a web page. Gives its title and text.",
    parameters={
        "type": "object",
        "properties": {"url": {"type": "string", "description": "The page's address, starting with http"}},
        "required": ["url"],
    },
)


def fetch_page(*, allow_private: bool = False) -> Tool:
    """The page reader as a tool."""
    limits = Limits(max_bytes=5_000_000, timeout_s=20.0, media_types=PAGE_TYPES, allow_private=allow_private)

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:
        url = _with_scheme(str(arguments["url"]))
        return read_page(safe_fetch(url, limits, cancel=context.cancelled))

    return Tool(SPEC, run, timeout_s=30.0)


def read_page(page: Fetched) -> ToolOutput:
    """The page's title and text, as Markdown where it was HTML.

    Raises: FetchError when the server answered with an error. ToolError when the page has no text.
    """
    if page.status >= 400:
        reason = http.HTTPStatus(page.status).phrase if page.status in set(http.HTTPStatus) else "error"
        raise FetchError(
            f"{page.url} answered {page.status} ({reason}). Check the address, or search for another page."
        )
    if page.media_type in HTML_TYPES:
        title, text = _from_html(page)
    else:
        title, text = "", decode(page.body, page.charset)
    if not text.strip():
        raise ToolError(f"{page.url} has no readable text; it may need JavaScript. Try another page.")
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS] + "\n(The page goes on.)"
    heading = f"Title: {title}\n" if title else ""
    snippet = " ".join(text[:400].split())[:200]
    return ToolOutput(
        f"{heading}URL: {page.url}\n\n{text}",
        citations=(Citation(title or page.url, page.url, snippet),),
        untrusted=True,
    )


def _from_html(page: Fetched) -> tuple[str, str]:
    """Title and main text; all of the text where no main part is found."""
    html = _decoded_html(page)
    try:
        tree = lxml.html.document_fromstring(html)
    except (lxml.etree.LxmlError, ValueError):
        return "", ""
    title = " ".join((tree.findtext(".//title") or "").split())
    is_cut = _slim(tree)
    everything = " ".join(tree.text_content().split())
    main = trafilatura.extract(tree, url=page.url, output_format="markdown", include_comments=False)
    text = main or everything
    return title, f"{text}\n(The page goes on.)" if is_cut else text


def _decoded_html(page: Fetched) -> str:
    declared = re.search(rb"<meta[^>]{1,200}?charset=[\"']?([\w-]{1,40})", page.body[:4096], re.IGNORECASE)
    text = decode(page.body, page.charset or (declared[1].decode("ascii", "replace") if declared else None))
    # lxml refuses text that still declares an encoding, and characters that XML has no place for.
    text = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text)
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "", text)


def _slim(tree: lxml.html.HtmlElement) -> bool:
    """Take out what is never text, and what lies beyond `MAX_ELEMENTS`; whether something did."""
    lxml.etree.strip_elements(tree, *_NO_CONTENT, with_tail=False)
    beyond = [element for number, element in enumerate(tree.iter()) if number >= MAX_ELEMENTS]
    for element in beyond:
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    return bool(beyond)


def _with_scheme(url: str) -> str:
    """`example.org/page` as models write it, with https in front."""
    url = url.strip()
    return f"https://{url}" if re.match(r"[\w-]+(\.[\w-]+)+(/|$)", url) else url
