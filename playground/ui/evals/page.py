"""The evals page's components and what its buttons do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from playground.chat.evals.summary import as_csv
from playground.errors import PlaygroundError
from playground.ui.evals import view
from playground.ui.evals.desk import Desk, read_temperatures
from playground.ui.evals.endpoints import add_endpoints
from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.services import Services

TYPED = """category,prompt,check,expected
capitals,What is the capital of Italy?,contains,Rome
sums,What is 12 + 30?,number,42"""
ABOUT = (
    "<p class=progress>Columns: prompt, expected, check (contains, equals, regex, json, number, calls, judge), and "
    "category, image, tolerance, system, tools, schema where wanted.</p>"
)
WIDE = 320
"""Pixels below which a column takes a line of its own."""
REFRESH_S = 1.5
SAVE = """([name, text]) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/plain"}));
  link.download = name;
  link.click();
}"""


def build_evals_page(page: gr.Blocks, services: Services) -> None:
    """Add the page to the route that is open now."""
    desk = Desk(services)
    with gr.Column(elem_id="evals", elem_classes=["sheet"]):
        gr.HTML(_top(is_kept=services.settings.evals_db is not None))
        with gr.Row():
            with gr.Column(min_width=WIDE):
                chosen = gr.Dropdown(label="Cases", elem_id="evals-set")
                preview = gr.HTML(elem_id="evals-preview")
                own = _build_own()
            with gr.Column(min_width=WIDE):
                models = gr.Dropdown(label="Models", multiselect=True, elem_id="evals-models")
                temperatures = gr.Textbox("0", label="Temperatures, commas between", elem_id="evals-temperatures")
                thinking = gr.Radio(
                    [(word.capitalize(), word) for word in ("auto", "on", "off")], value="auto", label="Think first"
                )
                longest = gr.Slider(16, 2048, 256, step=16, label="Longest answer (tokens)")
                judge = gr.Dropdown(label="Judge, for cases that ask for one", elem_id="evals-judge")
        with gr.Row(elem_classes=["buttons"]):
            start = gr.Button("Run", variant="primary", size="sm", scale=0, min_width=140, elem_id="evals-start")
            stop = gr.Button("Stop", size="sm", scale=0, min_width=100, elem_id="evals-stop")
        state = gr.HTML(elem_id="evals-state")
        with gr.Row(elem_classes=["bar"]):
            run = gr.Dropdown(label="Run", elem_id="evals-run", min_width=WIDE)
            other = gr.Dropdown(label="Compare with", elem_id="evals-other", min_width=WIDE)
        with gr.Row(elem_classes=["buttons"]):
            go_on = gr.Button("Go on", size="sm", scale=0, min_width=100, elem_id="evals-go-on")
            forget = gr.Button("Delete", size="sm", scale=0, min_width=100, elem_id="evals-delete")
            csv = gr.Button("Save as CSV", size="sm", scale=0, min_width=120, elem_id="evals-csv")
            saved_json = gr.Button("Save as JSON", size="sm", scale=0, min_width=120, elem_id="evals-json")
        results = [gr.HTML(elem_id=f"evals-{name}") for name in ("tiles", "categories", "compared", "outcomes")]
        file = gr.JSON(visible=False)
        seen = gr.State(None)
    shown = _Shown(desk)
    watched = [run, other, seen]
    panels = [state, run, other, seen, *results]
    page.load(shown.start, None, [chosen, models, judge], **QUIET).then(shown.preview, chosen, preview, **QUIET).then(
        shown.newest, watched, panels, **QUIET
    )
    chosen.input(shown.preview, chosen, preview, **QUIET)
    name, typed, files, keep, said = own
    keep.click(shown.keep, [name, typed, files], [chosen, said, preview], **QUIET)
    wishes = [chosen, models, temperatures, thinking, longest, judge]
    start.click(shown.begin, wishes, [state, run, seen], **QUIET).then(shown.refresh, watched, panels, **QUIET)
    stop.click(lambda: desk.runner.stop(), None, None, queue=False, **QUIET)
    go_on.click(shown.go_on, run, seen, **QUIET).then(shown.refresh, watched, panels, **QUIET)
    forget.click(shown.forget, run, [run, seen], **QUIET).then(shown.newest, watched, panels, **QUIET)
    gr.on([run.input, other.input, gr.Timer(REFRESH_S).tick], shown.refresh, watched, panels, **QUIET)
    csv.click(shown.csv, run, file, **QUIET).then(None, file, None, js=SAVE, **QUIET)
    saved_json.click(shown.json, run, file, **QUIET).then(None, file, None, js=SAVE, **QUIET)
    add_endpoints(desk)


def _top(*, is_kept: bool) -> str:
    kept = "go on after a restart" if is_kept else "are kept in memory until the server stops (see --evals-db)"
    return top("Evals", f"Ask models questions with known answers. Runs need no open page, and {kept}.")


def _build_own() -> tuple[gr.Textbox, gr.Textbox, gr.File, gr.Button, gr.HTML]:
    """The part where somebody brings cases of their own."""
    with gr.Accordion("Bring your own cases", open=False, elem_id="evals-own"):
        name = gr.Textbox("My cases", label="Name", elem_id="evals-name")
        typed = gr.Textbox(TYPED, label="Cases as CSV, one a row", lines=5, max_lines=20, elem_id="evals-typed")
        files = gr.File(
            label="Or a CSV, JSONL or zip; and pictures that cases name",
            file_count="multiple",
            elem_id="evals-files",
            height=170,
        )
        gr.HTML(ABOUT)
        keep = gr.Button("Save these cases", size="sm", elem_id="evals-keep")
        said = gr.HTML(elem_id="evals-said")
    return name, typed, files, keep, said


class _Shown:
    """What each event changes on the page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def start(self) -> list[Any]:
        """The sets and the models that there are."""
        here, default = self._desk.models()
        names = self._desk.set_names()
        return [
            gr.update(choices=names, value=names[0]),
            gr.update(choices=here, value=[default]),
            gr.update(choices=[("The model itself", ""), *((name, name) for name in here)], value=""),
        ]

    def preview(self, name: str) -> str:
        """The chosen set."""
        try:
            return view.preview(self._desk.cases(name))
        except PlaygroundError as error:
            return view.wrong(error.message)

    def keep(self, name: str, typed: str, files: list[str] | None) -> list[Any]:
        """Keep cases, and choose them."""
        try:
            cases = self._desk.keep(name, [Path(path) for path in files or ()], typed)
        except PlaygroundError as error:
            return [gr.skip(), view.wrong(error.message), gr.skip()]
        update = gr.update(choices=self._desk.set_names(), value=name.strip())
        return [update, '<p class="verdict right" role="status">Saved.</p>', view.preview(cases)]

    def begin(
        self, name: str, models: list[str], temperatures: str, thinking: str, longest: float, judge: str | None
    ) -> list[Any]:
        """Start the runs, and look at the first."""
        try:
            shared = {"max_tokens": int(longest), "seed": 0} | ({} if thinking == "auto" else {"thinking": thinking})
            settings = [{"temperature": value, **shared} for value in read_temperatures(temperatures)]
            runs = self._desk.begin(name, models or [], settings, judge or "")
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        return [gr.skip(), gr.update(choices=self._choices(), value=runs[0]), None]

    def go_on(self, run: int | None) -> None:
        """Ask what of the run was not asked yet, or got no answer."""
        if run is not None:
            self._desk.runner.start(run)

    def forget(self, run: int | None) -> list[Any]:
        """Delete the run."""
        if run is not None:
            self._desk.runner.stop(run)
            self._desk.store.delete(run)
        return [None, None]

    def newest(self, run: int | None, other: int | None, seen: Any) -> list[Any]:
        """As `refresh`; the newest run is looked at where none is chosen."""
        found = self._desk.store.runs()
        run = run or (found[0].id if found else None)
        state, _, *rest = self.refresh(run, other, seen)
        return [state, gr.update(choices=self._choices(), value=run), *rest]

    def refresh(self, run: int | None, other: int | None, seen: Any) -> list[Any]:
        """Everything below the buttons; nothing when nothing has changed.

        It chooses no run: a tick that was under way when runs were begun would take the choice back.
        """
        desk = self._desk
        runs = [(one, desk.runner.state(one.id)) for one in desk.store.runs()]
        ids = [one.id for one, _ in runs]
        run = run if run in ids else None
        other = other if other in ids and other != run else None
        now = json.dumps([run, other, [(one.id, one.done, state) for one, state in runs]])
        if now == seen:
            return [gr.skip()] * 8
        choices = self._choices()
        results: list[str] = [""] * 4
        if run is not None:
            report = desk.report(run)
            compared = self._compared(other, run) if other is not None else ""
            results = [
                view.tiles(report, desk.prices.currency), view.categories(report), compared, view.outcomes(report)
            ]  # fmt: skip
        none = [("nothing", 0)]
        return [
            view.progress(runs),
            gr.update(choices=choices),
            gr.update(choices=none + [one for one in choices if one[1] != run], value=other or 0),
            now,
            *results,
        ]

    def _compared(self, before: int, after: int) -> str:
        store = self._desk.store
        try:
            return view.compared(self._desk.compare(before, after), store.run(before), store.run(after))
        except PlaygroundError as error:
            return view.wrong(error.message)

    def csv(self, run: int | None) -> Any:
        """A file's name and content."""
        if run is None:
            return gr.skip()
        report = self._desk.report(run)
        return [f"eval-{run}.csv", as_csv(report.cases, report.results)]

    def json(self, run: int | None) -> Any:
        """A file's name and content."""
        if run is None:
            return gr.skip()
        return [f"eval-{run}.json", json.dumps(self._desk.report(run).as_json(), indent=2, ensure_ascii=False)]

    def _choices(self) -> list[tuple[str, int]]:
        return [(view.title(one), one.id) for one in self._desk.store.runs()]
