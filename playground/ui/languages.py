"""The page's words in other languages: labels, hints and buttons, by their English text.

Replies, notices and what the scripts write stay English. The browser's language decides, by Gradio's own means.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import gradio as gr
from gradio.components import Component
from gradio.layouts import Accordion, Tab

FILE = Path(__file__).parent / "assets" / "languages.json"
"""Translations by language and English text."""
PROPERTIES = ("label", "info", "placeholder")


@lru_cache
def languages() -> dict[str, dict[str, str]]:
    """Translations by language (a BCP 47 tag), then by English text."""
    found: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def translate(page: gr.Blocks) -> gr.I18n:
    """Mark what the page shows and there are translations of; the dictionary that `launch` takes.

    What belongs to the endpoints of programs keeps its English names.
    """
    english = {text: text for texts in languages().values() for text in texts}
    words = gr.I18n(en=english, **languages())
    public = [event for event in page.fns.values() if event.api_visibility == "public"]
    for_programs = {block._id for event in public for block in (*event.inputs, *event.outputs)}
    for block in page.blocks.values():
        if not isinstance(block, (Component, Accordion, Tab)) or block._id in for_programs:
            continue
        for name in (*PROPERTIES, *(("value",) if isinstance(block, gr.Button) else ())):
            if getattr(block, name, None) in english:
                setattr(block, name, words(getattr(block, name)))
    return words
