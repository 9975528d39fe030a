"""Text of models, tools and people as Markdown that shows what it says: HTML appears as text, dollars stay dollars.

Gradio's own sanitizer stands behind this; here tags are kept from being tags at all, so nothing is lost from view.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any

LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": r"\[", "right": r"\]", "display": True},
    {"left": r"\(", "right": r"\)", "display": False},
]
"""Single dollars are not among them: `safe_markdown` turns those that are formulas into `\\(…\\)`."""

_SPANS = re.compile(
    r"""
    (?P<verbatim>
        ^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)   # fenced code, open or closed
      | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)                       # inline code
      | \$\$.+?\$\$ | \\\[.+?\\\] | \\\(.+?\\\)                                            # formulas
    )
    # One dollar on each side is a formula by Pandoc's rule, so "from $5 to $9" is not.
    | (?<![\\$\w])\$(?P<formula>[^\s$](?:[^$\n]*?[^\s$\\])?)\$(?![\w$])
    | (?P<tag><)(?=[A-Za-z/!?])
    | (?<!\])\[(?P<cite>[1-9]\d?)\](?![\[(:])                                              # a source by its number
    # A picture from elsewhere would tell its server what was said here, without a click. A link waits for one.
    | (?P<picture>!)(?=\[)
    # "816." by itself is an answer; Markdown would take it for the beginning of a list that has nothing in it.
    | (?:(?<=\n\n)|\A)(?P<number>[ ]{0,3}\d{1,9})(?P<point>[.)])(?=[ \t]*(?:\n[ \t]*\n|\n?\Z))
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_MARKUP = re.compile(r"([\\`*_{}<>#+!|~&])|([()\[\]$])")


def safe_markdown(text: str, sources: Sequence[str] = ()) -> str:
    """Markdown whose HTML tags are shown, not obeyed, and whose formulas stand in `LATEX_DELIMITERS`.

    `[1]` becomes a link to the first of the `sources`, which are http(s) addresses.
    """
    return _SPANS.sub(lambda match: _rewrite(match, sources), text)


def literal(text: str) -> str:
    """Text with every character that Markdown reads escaped: for names and titles inside our own Markdown.

    Brackets and dollars become entities, as a backslash before them would make them delimiters of a formula.
    """
    return _MARKUP.sub(lambda found: f"\\{found[1]}" if found[1] else f"&#{ord(found[2])};", " ".join(text.split()))


def fenced(text: str, language: str = "") -> str:
    """Text as a code block. The fence is longer than any run of backticks in the text, so it cannot be left early."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def pretty_json(value: Any) -> str:
    """A value as indented JSON in a code block."""
    return fenced(json.dumps(value, indent=2, ensure_ascii=False), "json")


def link_list(links: Sequence[tuple[str, str]]) -> str:
    """Titles and http(s) addresses as a numbered list that opens in new tabs; other schemes are shown as text."""
    rows = []
    for title, url in links:
        safe = url.startswith(("https://", "http://"))
        target = html.escape(url, quote=True).replace(" ", "%20")
        name = html.escape(title or url)
        rows.append(f'<a href="{target}" target="_blank" rel="noopener noreferrer">{name}</a>' if safe else name)
        rows[-1] = f"<li>{rows[-1]}</li>"
    return f'<ol class="sources">{"".join(rows)}</ol>'


def _cited(number: int, url: str) -> str:
    target = re.sub(r"[<>\s\\]", lambda bad: f"%{ord(bad[0]):02X}", url)
    return f"[&#91;{number}&#93;](<{target}>)"  # written plainly, `\\[1\\]` would be a formula


def _rewrite(match: re.Match[str], sources: Sequence[str]) -> str:
    if match["cite"]:
        number = int(match["cite"])
        url = sources[number - 1] if number <= len(sources) else ""
        return _cited(number, url) if url.startswith(("https://", "http://")) else match[0]
    if match["tag"]:
        return "&lt;"
    if match["number"]:
        return f"{match['number']}\\{match['point']}"
    if match["picture"]:
        return "&#33;"
    if (formula := match["formula"]) is not None:
        return rf"\({formula}\)"
    return match[0]
