"""The comparison page's components, its Gradio endpoint, and what its buttons do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from playground.errors import CallerError, PlaygroundError
from playground.messages import Message
from playground.turn import Signals
from playground.ui.answering import Stops, problem_html
from playground.ui.compare import view
from playground.ui.compare.race import LEAST, MOST, Standing, conversation_of, race, read_columns
from playground.ui.markdown import LATEX_DELIMITERS
from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.services import Services
from playground.ui.usage.prices import read_prices

NAMES = "ABCD"
TEMPERATURES = (0.0, 1.0, 0.5, 1.5)
ENDPOINT = """Put one message to two to four models or settings at once. Nothing is remembered between calls.

`columns` is a list of objects: `model`, `system`, and any option by its name, as in `/chat`. Streams JSON: `done`, and
`columns` in their order with `model`, `stage`, `text`, `error`, and at the end `finish_reason`, `seed`, `usage`,
`tokens_per_second` and `cost`, what the tokens would have cost at hosted prices (null without a price).
"""
TOP = top("Compare", "One prompt to several models or settings, written side by side.")
TALLY = '<p class="tally" id="compare-tally-line" role="status"></p>'
WIDE = 260
"""Pixels below which a column takes a line of its own."""


@dataclass(frozen=True)
class _Place:
    """One column's components."""

    box: gr.Column
    model: gr.Dropdown
    temperature: gr.Slider
    system: gr.Textbox
    more: gr.Textbox
    state: gr.HTML
    words: gr.Markdown
    best: gr.Button
    use: gr.Button

    @property
    def asked(self) -> list[gr.components.Component]:
        return [self.model, self.temperature, self.system, self.more]


def build_compare_page(page: gr.Blocks, services: Services) -> None:
    """Add the page to the route that is open now."""
    with gr.Column(elem_id="compare", elem_classes=["sheet"]):
        gr.HTML(TOP)
        prompt = gr.MultimodalTextbox(
            show_label=False,
            placeholder="A prompt, and pictures if you like",
            sources=["upload"],
            file_count="multiple",
            submit_btn=False,
            lines=2,
            max_lines=12,
            elem_id="compare-prompt",
        )
        with gr.Row(elem_classes=["bar"]):
            start = gr.Button("Compare", variant="primary", size="sm", scale=0, min_width=140, elem_id="compare-start")
            stop = gr.Button("Stop", size="sm", scale=0, min_width=90, elem_id="compare-stop")
            count = gr.Radio(
                [(f"{number} columns", number) for number in range(LEAST, MOST + 1)],
                value=LEAST,
                label="Columns",
                show_label=False,
                container=False,
                elem_id="compare-count",
            )
        said = gr.HTML(elem_id="compare-said")
        with gr.Row(elem_id="compare-columns"):
            places = [_place(number) for number in range(MOST)]
        differences = gr.HTML(elem_id="compare-differences")
        gr.HTML(TALLY, elem_id="compare-tally")
    kept = gr.JSON(visible=False)
    desk = _Desk(services, places, said, differences, kept)
    given = [prompt, count, *(component for place in places for component in place.asked)]
    shown = [said, differences, kept, *(one for place in places for one in (place.state, place.words))]
    page.load(desk.models, None, [place.model for place in places], **QUIET).then(
        None, None, None, js="() => { window.playgroundCompare.shown() }", **QUIET
    )
    count.change(desk.choose, count, [place.box for place in places], queue=False, **QUIET)
    start.click(desk.show, given, shown, concurrency_limit=None, **QUIET)
    stop.click(desk.stops.stop, None, None, queue=False, **QUIET)
    for number, place in enumerate(places):
        js = f"(kept) => {{ window.playgroundCompare.vote(kept, {number}) }}"
        place.best.click(None, kept, None, js=js, **QUIET)
        js = f"(kept) => {{ window.playgroundCompare.use(kept, {number}) }}"
        place.use.click(None, kept, None, js=js, **QUIET)
    _add_endpoint(desk)


def _place(number: int) -> _Place:
    name = NAMES[number]
    with gr.Column(visible=number < LEAST, min_width=WIDE, elem_classes=["lane"], elem_id=f"compare-{name}") as box:
        model = gr.Dropdown(label=f"Model {name}", elem_id=f"compare-model-{name}")
        temperature = gr.Slider(0, 2, TEMPERATURES[number], step=0.05, label=f"Temperature {name}")
        with gr.Accordion("More settings", open=False):
            system = gr.Textbox("", label=f"System prompt {name}", lines=2, max_lines=6)
            more = gr.Textbox(
                "",
                label=f"Other options {name}, as JSON",
                placeholder='{"seed": 7, "max_tokens": 200, "thinking": "on"}',
                max_lines=6,
                elem_id=f"compare-more-{name}",
            )
        state = gr.HTML(elem_id=f"compare-state-{name}")
        words = gr.Markdown(elem_id=f"compare-words-{name}", latex_delimiters=LATEX_DELIMITERS)
        with gr.Row(elem_classes=["lane-acts"]):
            best = gr.Button(f"{name} is best", size="sm", min_width=80, elem_id=f"compare-best-{name}")
            use = gr.Button("Use this one", size="sm", min_width=100, elem_id=f"compare-use-{name}")
    return _Place(box, model, temperature, system, more, state, words, best, use)


def _add_endpoint(desk: _Desk) -> None:
    """With components of its own: those of the page offer only what this server has at the moment."""
    asked = [
        gr.Textbox("", label="The message", visible=False),
        gr.JSON([], label="Two to four columns: model, system, and options by name", visible=False),
        gr.File(file_count="multiple", label="Pictures and text files of the message", visible=False),
    ]
    gr.Button(visible=False).click(
        desk.tell,
        asked,
        gr.JSON(label="The columns", visible=False),
        api_name="compare",
        api_description=ENDPOINT,
        concurrency_limit=None,
    )


@dataclass
class _Desk:
    """What the page and the endpoint do."""

    services: Services
    places: list[_Place]
    said: gr.HTML
    differences: gr.HTML
    kept: gr.JSON

    def __post_init__(self) -> None:
        self.prices = read_prices()
        self.stops = Stops()

    def models(self) -> list[Any]:
        """The models that can be asked: the default one in the first column, others in the next ones."""
        names, default = self.services.usable_models()
        order = [name for name in (default, *(name for name in names if name != default)) if name]
        return [gr.update(choices=names, value=order[number % len(order)] if order else None) for number in range(MOST)]

    def choose(self, count: int) -> list[Any]:
        """Show that many columns."""
        return [gr.update(visible=number < count) for number in range(MOST)]

    def show(
        self, prompt: Mapping[str, Any] | None, count: int, request: gr.Request, *values: Any
    ) -> Iterator[dict[Any, Any]]:
        """The columns as their answers grow; in the end what differs, and conversations for the browser."""
        places = self.places[:count]
        blank = {one: "" for place in self.places for one in (place.state, place.words)}
        try:
            question = self.services.read_composer(prompt or {}, ())
            columns = read_columns([_row(NAMES[n], values[4 * n : 4 * n + 4]) for n in range(count)], "")
        except PlaygroundError as error:
            yield {self.said: problem_html(error)}
            return
        yield {**blank, self.said: "", self.differences: "", self.kept: None}
        before: list[Standing] = []
        with self.stops.running(request) as signals:
            for now in race(question, columns, self.services, "page", signals):
                news = [(place, one) for place, one in zip(places, now, strict=True) if one not in before]
                before = now
                updates: dict[Any, Any] = {}
                for place, one in news:
                    updates |= {place.state: view.state(one, self.prices), place.words: view.words(one)}
                yield updates or {self.said: gr.skip()}
        yield {self.differences: view.differences(before, NAMES), self.kept: _kept(question, before)}

    def tell(self, message: str, columns: Any, files: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """See `ENDPOINT`."""
        try:
            question = self.services.read_composer({"text": message, "files": files or ()}, ())
            read = read_columns(columns, self.services.catalogue.name_of(None))
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        for now in race(question, read, self.services, "gradio", Signals()):
            yield {"done": all(one.is_over for one in now), "columns": [self._told(one) for one in now]}

    def _told(self, one: Standing) -> dict[str, Any]:
        told: dict[str, Any] = {
            "model": one.column.model,
            "stage": "done" if one.is_over else one.stage,
            "text": one.text,
            "error": one.error.message if one.error else None,
        }
        if (end := one.finished) is not None:
            speed = end.usage.tokens_per_second
            told |= {"finish_reason": end.reason, "seed": end.seed, "usage": asdict(end.usage)}
            told |= {"tokens_per_second": speed, "cost": view.cost(one, self.prices)}
        return told


def _row(name: str, values: Any) -> dict[str, Any]:
    """One column's settings as they stand on the page.

    Raises: CallerError when the other options are no JSON object.
    """
    model, temperature, system, more = values
    try:
        options = json.loads(more) if (more or "").strip() else {}
    except json.JSONDecodeError as error:
        raise CallerError(f"Other options {name} are not JSON: {error.msg} in column {error.colno}.") from error
    if not isinstance(options, dict):
        raise CallerError(f'Other options {name} must be a JSON object, such as {{"seed": 7}}.')
    return {"temperature": temperature, **options, "model": model, "system": system}


def _kept(question: Message, standings: list[Standing]) -> list[dict[str, Any]]:
    """For the votes and for “Use this one”: each column's label, and its conversation if there is one."""
    return [{"label": one.column.label, "conversation": conversation_of(question, one)} for one in standings]
