"""The vision page's components, its Gradio endpoints, and what its buttons do."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.turn import Signals
from playground.ui.answering import Stops, problem_html
from playground.ui.examples import PICTURES
from playground.ui.markdown import LATEX_DELIMITERS, safe_markdown
from playground.ui.one_answer import MOST_TOKENS, build_start_and_stop, model_menu, option_fields
from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.services import Services
from playground.ui.vision.asking import Found, Wish, answer_of, ask, boxes_of, read_picture, read_wish, turn_of
from playground.ui.vision.sight import sight_html, unseen_html
from playground.ui.vision.tasks import TASKS, task_of

ENDPOINT = """Do one task with one picture. Nothing is remembered between calls.

`task` is a name from `/vision_tasks`, `text` what it asks for, if anything. Streams JSON: `done`, `stage`, `text` (the
answer as written), `value` (its JSON, or null), `finish_reason`, and for boxes `boxes`: in pixels of your picture, with
`coco` the same as a COCO data set.
"""
TASKS_ENDPOINT = "The vision tasks: name, label, and what their text holds."
SEEN_ENDPOINT = """What a request to `/vision` would cost and what the model would see, without asking it.

`tokens` (of the whole prompt), `image_tokens`, `context`, `prompt`, and where the model runs here: `budget`, the most
tokens of one picture, `view`, the size in pixels that it is scaled to, and `crops`, how many "pan and scan" would send.
"""
TOP = top("Vision tasks", "Show a picture, choose a task, and see what the model finds.")
WIDE = 320
"""Pixels below which a column takes a line of its own."""


def build_vision_page(page: gr.Blocks, services: Services) -> None:
    """Add the page to the route that is open now.

    The picture reaches us through a component for files: the one that shows it would open it with every decoder that
    Pillow has, and tell of its failures with paths of this machine.
    """
    desk = _Desk(services)
    first = TASKS[0]
    with gr.Column(elem_id="vision", elem_classes=["sheet"]):
        gr.HTML(TOP)
        task = gr.Radio(
            [(one.label, one.name) for one in TASKS], value=first.name, show_label=False, container=False,
            elem_id="vision-task",
        )  # fmt: skip
        with gr.Row():
            with gr.Column(min_width=WIDE):
                image = gr.Image(
                    type="filepath", image_mode=None, sources=["upload", "clipboard", "webcam"], label="Picture",
                    height=300, elem_id="vision-image",
                )  # fmt: skip
                examples = sorted(PICTURES.glob("*.png"))
                gr.Examples(
                    [[str(path)] for path in examples],
                    [image],
                    label="Try one of these",
                    api_visibility="private",
                    example_labels=[path.stem.capitalize() for path in examples],
                )
                text = gr.Textbox(
                    label=first.asks, placeholder=first.example, lines=2, max_lines=12, elem_id="vision-text"
                )
                with gr.Row():
                    start, stop = build_start_and_stop("vision")
                model = gr.Dropdown(label="Model", elem_id="vision-model")
                with gr.Accordion("Options", open=False):
                    crops = gr.Checkbox(
                        False, label="Send crops of a long picture too (pan and scan, Gemma 3)", elem_id="vision-crops"
                    )
                    temperature = gr.Slider(0, 2, 0, step=0.05, label="Temperature", elem_id="vision-temperature")
            with gr.Column(min_width=WIDE):
                state = gr.HTML(elem_id="vision-state")
                words = gr.Markdown(elem_id="vision-words", latex_delimiters=LATEX_DELIMITERS, buttons=["copy"])
                drawn = gr.HTML(elem_id="vision-drawn")
                with gr.Accordion("What the model sees", open=True, elem_id="vision-seen"):
                    seen = gr.HTML(unseen_html("There is no picture yet."))
    picture = gr.File(visible=False)
    image.change(None, image, picture, js="(picture) => picture", **QUIET)
    given = [picture, task, text, model, crops, temperature]
    task.change(desk.choose, task, text, queue=False, **QUIET)
    page.load(lambda: model_menu(services), None, model, **QUIET)
    gr.on(
        [picture.change, task.change, text.blur, model.change, crops.change], desk.look, given, seen,
        trigger_mode="always_last", **QUIET,
    )  # fmt: skip
    running = start.click(desk.show, given, [state, words, drawn], concurrency_limit=None, **QUIET)
    running.then(desk.look, given, seen, **QUIET)
    stop.click(desk.stops.stop, None, None, queue=False, **QUIET)
    _add_endpoints(desk)


def _add_endpoints(desk: _Desk) -> None:
    """With components of its own: the page's offer only what this server has at the moment."""
    picture = gr.File(label="The picture", visible=False)
    asked = [
        gr.Textbox("ask", label="The task's name, as `/vision_tasks` lists them", visible=False),
        gr.Textbox("", label="What the task asks for: a prompt, labels, things, fields", visible=False),
        gr.Textbox("", label="Model name; empty for the default", visible=False),
        gr.Checkbox(False, label="Send pan and scan crops too", visible=False),
    ]
    trigger = gr.Button(visible=False)
    trigger.click(
        desk.tell, [picture, *asked, *option_fields()], gr.JSON(label="The answer", visible=False), api_name="vision",
        api_description=ENDPOINT, concurrency_limit=None,
    )  # fmt: skip
    trigger.click(
        desk.foresee, [picture, *asked], gr.JSON(label="Tokens and sizes", visible=False), api_name="vision_cost",
        api_description=SEEN_ENDPOINT,
    )  # fmt: skip
    trigger.click(
        desk.tasks, None, gr.JSON(label="Tasks", visible=False), api_name="vision_tasks", api_description=TASKS_ENDPOINT
    )


class _Desk:
    """What the page and the endpoints do."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.stops = Stops()

    def choose(self, name: str) -> Any:
        """The text box for a task; away when the task asks for nothing."""
        task = task_of(name)
        return gr.update(visible=bool(task.asks), label=task.asks or None, placeholder=task.example)

    def look(self, image: str | None, task: str, text: str, model: str, crops: bool, _: float) -> str:
        """What the model sees, counted only for one that is loaded: looking must not load gigabytes."""
        services = self._services
        try:
            if not image:
                return unseen_html("There is no picture yet.")
            if not model or not services.catalogue.listing(model).loaded:
                return unseen_html("Counted once the model is loaded: its first answer loads it.")
            wish = Wish(task_of(task), text or task_of(task).example, read_picture(image), model, crops)
            backend = services.backend(model)
            turn = turn_of(wish)
            return sight_html(
                wish.picture, backend.sight(wish.picture.image), backend.count_tokens(turn), turn.messages[0].text,
                services.pictures, crops=crops,
            )  # fmt: skip
        except PlaygroundError as error:
            return unseen_html(error.message)

    def show(
        self,
        image: str | None,
        task: str,
        text: str,
        model: str,
        crops: bool,
        temperature: float,
        request: gr.Request,
    ) -> Iterator[tuple[str, str, str]]:
        """State, words and drawing, as the answer grows."""
        values = {
            "image": image, "task": task, "text": text, "model": model, "crops": crops, "temperature": temperature,
        }  # fmt: skip
        try:
            wish = read_wish(values)
            url = self._services.pictures.url(wish.picture.image)
            with self.stops.running(request) as signals:
                for found in ask(wish, self._services, "page", signals):
                    yield found.answer.html(), *_shown(wish, found, url)
        except PlaygroundError as error:
            yield problem_html(error), "", ""

    def tell(
        self,
        image: str | None,
        task: str = "ask",
        text: str = "",
        model: str = "",
        crops: bool = False,
        temperature: float = 0.0,
        seed: int | None = 0,
        max_tokens: int = MOST_TOKENS,
    ) -> Iterator[dict[str, Any]]:
        """See `ENDPOINT`."""
        values = {"image": image, "task": task, "text": text, "model": model, "crops": crops}
        try:
            wish = read_wish({**values, "temperature": temperature, "seed": seed, "max_tokens": max_tokens})
            for found in ask(wish, self._services, "gradio", Signals()):
                yield _told(wish, found)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error

    def foresee(
        self, image: str | None, task: str = "ask", text: str = "", model: str = "", crops: bool = False
    ) -> dict[str, Any]:
        """See `SEEN_ENDPOINT`."""
        try:
            wish = read_wish({"image": image, "task": task, "text": text, "model": model, "crops": crops})
            backend = self._services.backend(wish.model)
            turn = turn_of(wish)
            count, sight = backend.count_tokens(turn), backend.sight(wish.picture.image)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        told = {
            "tokens": count.total, "image_tokens": count.images, "context": count.context,
            "prompt": turn.messages[0].text,
        }  # fmt: skip
        if sight is None:
            return told
        view = [sight.view.width, sight.view.height]
        return {**told, "budget": sight.budget, "view": view, "crops": len(sight.crops)}

    def tasks(self) -> list[dict[str, Any]]:
        """See `TASKS_ENDPOINT`."""
        return [{"name": one.name, "label": one.label, "text": one.asks, "example": one.example} for one in TASKS]


def _told(wish: Wish, found: Found) -> dict[str, Any]:
    told = {**found.answer.told(), "value": found.value}
    return {**told, "boxes": boxes_of(wish, found.value)} if wish.task.has_boxes else told


def _shown(wish: Wish, found: Found, url: str) -> tuple[str, str]:
    """The answer in words, and as its task draws it."""
    if wish.task.draw is None:
        return safe_markdown(found.answer.text), ""
    drawing = wish.task.draw(answer_of(wish, found, url))
    return "", f"{drawing}{_files(wish, found)}{_written(found)}"


def _written(found: Found) -> str:
    """The JSON as the model wrote it."""
    if not found.answer.text:
        return ""
    return f"<details class=raw><summary>JSON</summary><pre tabindex=0>{html.escape(found.answer.text)}</pre></details>"


def _files(wish: Wish, found: Found) -> str:
    """Links that save the finished answer."""
    if not found.answer.is_over or found.value is None:
        return ""
    boxes = boxes_of(wish, found.value) if wish.task.has_boxes else None
    files = {"answer.json": found.value} if boxes is None else {"boxes.json": boxes, "coco.json": boxes["coco"]}
    labels = {"answer.json": "Save as JSON", "boxes.json": "Save as JSON", "coco.json": "Save as COCO"}
    return '<p class="saves">' + "".join(_link(name, labels[name], value) for name, value in files.items()) + "</p>"


def _link(name: str, label: str, value: Any) -> str:
    data = base64.b64encode(json.dumps(value, ensure_ascii=False, indent=2).encode()).decode()
    return f'<a download="{name}" href="data:application/json;base64,{data}">{label}</a>'
