"""The page: which components there are, where they stand, and which action each of them triggers."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.ui.actions import Actions
from playground.ui.compare.page import build_compare_page
from playground.ui.controls import build_controls
from playground.ui.documents.page import build_documents_page
from playground.ui.evals.page import build_evals_page
from playground.ui.examples import GREETING, shown_examples
from playground.ui.get_code import build_get_code
from playground.ui.gradio_api import add_endpoints
from playground.ui.inside.panel import build_inside
from playground.ui.library import SHOWN, build_library, wire_library
from playground.ui.live import Live, build_live_bar, build_live_chat
from playground.ui.markdown import LATEX_DELIMITERS
from playground.ui.mcp_section import build_mcp_section
from playground.ui.meter import build_meter, build_overflow
from playground.ui.models_api import add_model_endpoints
from playground.ui.models_panel import ModelsPanel
from playground.ui.models_section import ModelsSection, build_models_section
from playground.ui.pages import links
from playground.ui.pending_card import build_pending_card
from playground.ui.presets import PresetsSection, build_presets
from playground.ui.quiet import QUIET
from playground.ui.reliability.page import build_reliability_page
from playground.ui.screen import Screen
from playground.ui.services import Services
from playground.ui.tool_editor import build_tool_editor
from playground.ui.usage.page import build_usage_page
from playground.ui.vision.page import build_vision_page

TITLE = "Gemma Playground"
SIDE_WIDTH = 376
LONGEST_PASTE = 5_000_000
"""Characters. Gradio turns longer pastes into files; text stays text here, whatever its length."""
KEEP_UPLOADS_S = (3600, 86_400)
"""How often uploads are looked through, and how old they get."""
SAVE = "async (record) => { await window.playground.save(record); window.playgroundLibrary.refresh() }"
LOAD = "async () => [await window.playground.load(), null]"


def build_page(services: Services, *, manage_models: bool) -> gr.Blocks:
    """The page with everything wired up; `app.py` launches it with the theme, the style sheet and the script."""
    with gr.Blocks(
        title=TITLE, fill_height=True, fill_width=True, analytics_enabled=False, delete_cache=KEEP_UPLOADS_S
    ) as page:
        with gr.Row(elem_id="top"):
            library = _icon("library-toggle", "Conversations")
            gr.HTML('<h1 class="brand"><i></i><span>Gemma Playground</span></h1>', elem_id="brand")
            state = gr.HTML(elem_id="state")
            new_chat = gr.Button("New chat", size="sm", elem_id="new-chat", scale=0, min_width=84)
            if "SPACE_ID" in os.environ:
                gr.DuplicateButton("Duplicate", size="sm", elem_id="duplicate", scale=0, min_width=96)
            keys = _icon("help", "Keys")
            shade = _icon("theme", "Light, dark or as the system")
            settings = _icon("settings", "Settings")
        with gr.Column(elem_id="main"):
            banner = gr.HTML(elem_id="banner")
            with gr.Column(elem_id="chat"):
                chat = _chatbot(services)
                live_chat = build_live_chat()
            pending = build_pending_card()
            notice = gr.HTML(elem_id="notice")
            with gr.Column(visible=False, elem_id="camera") as camera_box:
                camera = gr.Image(sources=["webcam"], type="filepath", show_label=False, elem_id="camera-image")
            with gr.Row(visible=False, elem_id="address") as address_box:
                address = gr.Textbox(
                    show_label=False,
                    container=False,
                    placeholder="https://… of a picture",
                    max_lines=1,
                    elem_id="address-url",
                )
                fetch = gr.Button("Attach", size="sm", scale=0, min_width=70, elem_id="address-attach")
            live = Live(live_chat, *build_live_bar())
            composer = _composer()
            with gr.Row(elem_id="under"):
                snap = gr.Button("Camera", size="sm", elem_id="snap", scale=0, min_width=60)
                link = gr.Button("Link", size="sm", elem_id="link", scale=0, min_width=60)
                undo = gr.Button("Undo", size="sm", elem_id="undo", scale=0, min_width=60)
                gr.HTML('<span id="vault-note"></span>', elem_id="vault")
                meter = build_meter()
        build_library(links("", manage_models=manage_models))
        with gr.Sidebar(position="right", width=SIDE_WIDTH, open=False, elem_id="side"):
            panel = ModelsPanel(services.catalogue, services.jobs, open_to_all=manage_models)
            models = build_models_section(services, panel, state, banner, notice)
            tools = [(name.replace("_", " "), name) for name in services.tools]
            controls = build_controls(models.model, tools, services.recommended_options())
            presets = build_presets(services, controls)
            build_tool_editor(services, controls)
            build_mcp_section(page, services, controls)
            build_overflow(services, controls, meter, composer)
            build_get_code(services, controls)
            program = gr.Button("Use this from a program", size="sm", elem_id="program")
        build_inside(services, controls)
        record, action = gr.JSON(visible=False), gr.JSON(visible=False)
        ticket = gr.Textbox("", visible=False)
        act = gr.Button(visible="hidden", elem_id="act")
        screen = Screen(chat, composer, notice, record, ticket, pending, live, controls, services.pictures)
        actions = Actions(services, screen, manage_models=manage_models)
        _wire_chat(actions, screen, models, act, action)
        _wire_buttons(actions, screen, undo)
        _wire_resuming(actions, screen, models)
        _wire_camera(snap, camera_box, camera, composer)
        _wire_address(link, address_box, address, fetch, services, screen)
        _wire_loading(page, services, actions, screen, models, presets, action)
        shade.click(None, None, None, js="() => { window.playground.toggleTheme() }", api_visibility="private")
        keys.click(None, None, None, js="() => { window.playgroundKeys.toggleSheet() }", api_visibility="private")
        new_chat.click(None, None, None, js="() => { window.playground.startOver(false) }", api_visibility="private")
        library.click(None, None, None, js="() => { window.playgroundLibrary.toggle() }", api_visibility="private")
        settings.click(None, None, None, js="() => { window.playground.toggleSide() }", api_visibility="private")
        program.click(None, None, None, js="() => { window.playground.showApi() }", api_visibility="private")
        add_endpoints(services)
        add_model_endpoints(services, manage_models=manage_models)
    with page.route("Compare", "compare", show_in_navbar=False):
        _build_top("compare", manage_models)
        build_compare_page(page, services)
    with page.route("Vision tasks", "vision", show_in_navbar=False):
        _build_top("vision", manage_models)
        build_vision_page(page, services)
    with page.route("Documents", "documents", show_in_navbar=False):
        _build_top("documents", manage_models)
        build_documents_page(page, services)
    with page.route("Tool reliability", "reliability", show_in_navbar=False):
        _build_top("reliability", manage_models)
        build_reliability_page(page, services)
    if manage_models:
        with page.route("Evals", "evals", show_in_navbar=False):
            _build_top("evals", manage_models)
            build_evals_page(page, services)
        with page.route("Usage", "usage", show_in_navbar=False):
            _build_top("usage", manage_models)
            build_usage_page(page, services.usage, is_kept=services.settings.usage_db is not None)
    return page


def _build_top(here: str, manage_models: bool) -> None:
    """The bar above a page beside the chat."""
    with gr.Row(elem_id="top", elem_classes=["beside"]):
        home = '<a class="brand" href="/" aria-label="Gemma Playground"><i></i></a>'
        gr.HTML(home + links(here, manage_models=manage_models))


def _icon(name: str, title: str) -> gr.Button:
    """A button that shows a picture from the style sheet; screen readers get the title."""
    return gr.Button(title, size="sm", elem_id=name, elem_classes=["icon"], scale=0, min_width=36)


def _chatbot(services: Services) -> gr.Chatbot:
    default = services.catalogue.listing(services.catalogue.name_of(None)).entry
    return gr.Chatbot(
        elem_id="past",
        show_label=False,
        container=False,
        buttons=[],
        allow_tags=False,
        latex_delimiters=LATEX_DELIMITERS,
        autoscroll=False,
        scale=0,
        placeholder=GREETING,
        examples=shown_examples(sees=default.images),
    )


def _composer() -> gr.MultimodalTextbox:
    return gr.MultimodalTextbox(
        elem_id="composer",
        show_label=False,
        container=False,
        placeholder="Message Gemma",
        sources=["upload"],
        file_count="multiple",
        max_plain_text_length=LONGEST_PASTE,
        max_lines=12,
        autofocus=True,
    )


def _wire_chat(actions: Actions, screen: Screen, models: ModelsSection, act: gr.Button, action: gr.JSON) -> None:
    """Every way to start a reply ends in the same chain: change the conversation, keep it, answer, keep it again."""
    values, outputs = screen.controls.components, screen.outputs
    card = screen.pending
    switched = [*outputs, screen.thinking, screen.controls.tools]
    starts = [
        screen.composer.submit(actions.accept, [screen.composer, screen.ticket, *values], outputs, **QUIET),
        screen.chat.example_select(actions.take_example, values, switched, **QUIET),
        act.click(actions.act, [action, *values], outputs, js=_with_action(len(values)), **QUIET),
        card.answer.click(actions.answer, [card.typed, *values], outputs, **QUIET),
        card.approve.click(actions.approve, [card.arguments, *values], outputs, **QUIET),
        card.refuse.click(actions.refuse, values, outputs, **QUIET),
    ]
    for start in starts:
        kept = start.then(None, screen.record, None, js=SAVE, **QUIET)
        replied = kept.then(actions.reply, values, screen.growing, concurrency_limit=None, **QUIET)
        ended = replied.then(actions.end, values, outputs, concurrency_limit=None, **QUIET)
        _wire_end(ended, screen, models)


def _wire_end(ended: gr.events.Dependency, screen: Screen, models: ModelsSection) -> None:
    """After a reply: keep it. It may have loaded its model."""
    ended.then(None, screen.record, None, js=SAVE, **QUIET)
    ended.then(models.chosen, models.model, [models.state, models.banner], **QUIET)


def _wire_resuming(actions: Actions, screen: Screen, models: ModelsSection) -> None:
    """The hidden button that the script presses to follow a reply again."""
    resume = gr.Button(visible="hidden", elem_id="resume")
    known = [screen.ticket, *screen.controls.components]
    # "multiple": a press that was lost together with its server must not stand in the way of the next one.
    replied = resume.click(
        actions.resume, None, screen.growing, concurrency_limit=None, trigger_mode="multiple", **QUIET
    )
    ended = replied.then(actions.end_resumed, known, screen.outputs, concurrency_limit=None, **QUIET)
    _wire_end(ended, screen, models)


def _wire_buttons(actions: Actions, screen: Screen, undo: gr.Button) -> None:
    values, outputs = screen.controls.components, screen.outputs
    screen.composer.stop(actions.stop, None, None, queue=False, **QUIET)
    screen.live.answer_now.click(actions.answer_now, None, None, queue=False, **QUIET)
    undo.click(actions.undo, values, outputs, **QUIET).then(None, screen.record, None, js=SAVE, **QUIET)
    start_over = gr.Button(visible="hidden", elem_id="start-over")
    started = start_over.click(actions.start_over, values, outputs, **QUIET)
    started.then(None, screen.record, None, js=SAVE, **QUIET)


def _wire_camera(snap: gr.Button, box: gr.Column, camera: gr.Image, composer: gr.MultimodalTextbox) -> None:
    def take(picture: str | None, held: dict[str, Any] | None) -> dict[Any, Any]:
        if picture is None:
            return {box: gr.skip()}
        held = held or {"text": "", "files": []}
        return {
            composer: {"text": held["text"], "files": [*held["files"], picture]},
            camera: None,
            box: gr.update(visible=False),
        }

    snap.click(lambda: gr.update(visible=True), None, box, queue=False, **QUIET)
    camera.input(take, [camera, composer], [composer, camera, box], **QUIET)


def _wire_address(
    link: gr.Button, box: gr.Row, address: gr.Textbox, fetch: gr.Button, services: Services, screen: Screen
) -> None:
    """A picture by its address, fetched by the server within the limits of `safe_fetch`."""
    composer = screen.composer

    def take(url: str, held: dict[str, Any] | None) -> dict[Any, Any]:
        try:
            picture = str(services.pictures.path(services.read_image_url(url.strip())))
        except PlaygroundError as error:
            return screen.noticed(error.message)
        held = held or {"text": "", "files": []}
        return {
            composer: {"text": held["text"], "files": [*held["files"], picture]},
            address: "",
            screen.notice: "",
            box: gr.update(visible=False),
        }

    link.click(lambda: gr.update(visible=True), None, box, queue=False, **QUIET)
    outputs = [composer, address, screen.notice, box]
    gr.on([fetch.click, address.submit], take, [address, composer], outputs, **QUIET)


def _wire_loading(
    page: gr.Blocks,
    services: Services,
    actions: Actions,
    screen: Screen,
    models: ModelsSection,
    presets: PresetsSection,
    action: gr.JSON,
) -> None:
    def restore(kept: dict[str, Any] | None, _: Any, request: gr.Request) -> dict[Any, Any]:
        settings, _ = screen.controls.sound(((kept or {}).get("conversation") or {}).get("settings"))
        wished = settings.get("model")
        updates = {**actions.restore(kept, request), **models.shown(wished)}
        updates |= presets.restored((kept or {}).get("presets"), request)
        if link := (kept or {}).get("link"):
            linked, words, is_used = presets.linked(str(link), request)
            updates |= {**linked, **screen.noticed(words, "hint" if is_used else "problem")}
        return updates

    outputs = list({*screen.outputs, *screen.controls.components, *models.outputs, presets.choice})
    restored = page.load(restore, [action, screen.record], outputs, js=LOAD, **QUIET)
    restored.then(None, None, None, js=SHOWN, **QUIET)
    wire_library(services, screen, restore, outputs, action)


def _with_action(count: int) -> str:
    """The script that puts the clicked button in front of the side panel's values."""
    names = ", ".join(f"v{number}" for number in range(count))
    return f"(_, {names}) => [window.playground.takeAction(), {names}]"
