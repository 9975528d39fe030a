"""The list of conversations beside the chat. The list itself is the script's; here is what the server does for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from playground.errors import CallerError, PlaygroundError
from playground.ui.importing import read_import
from playground.ui.inside.recordings import read_link
from playground.ui.quiet import QUIET
from playground.ui.screen import Screen
from playground.ui.services import Services

WIDTH = 264
OPEN = "async () => [await window.playground.opened(), null]"
SHOWN = "() => { window.playground.shown() }"
OPENED = "This is a recorded reply with its settings. Nothing ran: “Run card” under it writes it again and compares."
PICKED = "() => [window.playgroundTransfer.picked()]"
KEEP_IMPORTED = "(read) => { window.playgroundTransfer.imported(read) }"


def build_library(links: str) -> None:
    """The place for the list, in the layout that is open now, with links to the other pages below it."""
    with gr.Sidebar(position="left", width=WIDTH, open=False, elem_id="library"):
        gr.HTML('<nav id="library-list" aria-label="Conversations"></nav>')
        gr.HTML(links, elem_id="library-pages")


def wire_library(
    services: Services, screen: Screen, restore: Callable[..., dict[Any, Any]], outputs: list[Any], action: gr.JSON
) -> None:
    """The hidden buttons that the script presses: to show a conversation that it holds, and to read a file's."""
    opener = gr.Button(visible="hidden", elem_id="open-chat")
    opener.click(restore, [action, screen.record], outputs, js=OPEN, **QUIET).then(None, None, None, js=SHOWN, **QUIET)

    def read(picked: Mapping[str, Any] | None) -> dict[Any, Any]:
        picked = picked or {}
        try:
            if problem := picked.get("problem"):
                raise CallerError(str(problem))
            link = picked.get("link")
            document = picked.get("document") if link is None else read_link(str(link))
            found = read_import(document, services.read_image_url)
        except PlaygroundError as error:
            name = str(picked.get("name", "The file"))[:80]
            return {**screen.noticed(f"{name} was not imported: {error.message}"), imported: []}
        if any(one.get("runs") for one in found):
            return {**screen.noticed(OPENED, "hint"), imported: found}
        count = len(found)
        words = f"{count} conversation{'s' if count != 1 else ''} imported."
        return {**screen.noticed(words, "hint"), imported: found}

    imported = gr.JSON(visible=False)
    importer = gr.Button(visible="hidden", elem_id="import-chats")
    importer.click(read, action, [screen.notice, imported], js=PICKED, **QUIET).then(
        None, imported, None, js=KEEP_IMPORTED, **QUIET
    )
