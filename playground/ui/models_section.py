"""The models' part of the page: which one answers, its state in the header, the banner, and the list to manage them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.settings import Settings
from playground.ui.models_panel import ModelsPanel
from playground.ui.quiet import QUIET
from playground.ui.services import Services

POLL_S = 0.7
NUMBERS = [
    ("Automatic", "auto"),
    ("bfloat16", "bfloat16"),
    ("float32", "float32"),
    ("8 bits", "int8"),
    ("4 bits", "int4"),
]
Updates = dict[Any, Any]


@dataclass
class ModelsSection:
    """The components, and how they show the catalogue as it is."""

    services: Services
    panel: ModelsPanel
    model: gr.Dropdown
    state: gr.HTML
    banner: gr.HTML
    notice: gr.HTML
    listed: gr.HTML
    clock: gr.Timer

    @property
    def outputs(self) -> list[Any]:
        """What any change of the models may change."""
        return [self.model, self.state, self.banner, self.listed, self.clock]

    def shown(self, chosen: str | None, problem: str = "") -> Updates:
        """Everything about models, for a tab that has chosen one. The clock runs while something is going on."""
        choices = self.panel.choices()
        if chosen not in [name for _, name in choices]:
            chosen = self.services.catalogue.default().name
        return {
            self.model: gr.update(choices=choices, value=chosen),
            self.state: self._chip(chosen),
            self.banner: self._banner(chosen),
            self.listed: self.panel.shown(problem),
            self.clock: gr.update(active=self.services.jobs.running),
        }

    def chosen(self, name: str) -> Updates:
        """Somebody chose another model."""
        return {self.state: self._chip(name), self.banner: self._banner(name)}

    def act(self, action: Mapping[str, Any] | None, chosen: str) -> Updates:
        """A button in the list was pressed, or one that offers a model to use."""
        if (action or {}).get("name") == "use":
            return {**self.shown(self.panel.named(action) or chosen), self.notice: ""}
        return {**self.shown(chosen, self.panel.act(action)), self.notice: ""}

    def run_in(self, dtype: str, chosen: str) -> Updates:
        """Other numbers were chosen for the models that are loaded from now on."""
        return self.shown(chosen, self.panel.run_in(dtype))

    def add(self, name: str, chosen: str) -> Updates:
        """A model of the hub was named."""
        return self.shown(
            chosen, self.panel.add(name) if name.strip() else "Type a model's id, such as google/gemma-3-4b-it."
        )

    def _chip(self, name: str | None) -> str:
        try:
            listing = self.services.catalogue.listing(name or "")
        except PlaygroundError:
            return '<span class="chip broken">no model</span>'
        job = self.services.jobs.of(listing.entry.name)
        if job is not None and not job.over:
            kind, words = "busy", job.doing.lower()
        elif listing.loaded:
            kind, words = "ready", "ready"
        else:
            kind, words = "away", "loads with the first message"
        return f'<span class="chip {kind}"><b>{html.escape(listing.entry.name)}</b> <span>{words}</span></span>'

    def _banner(self, name: str | None) -> str:
        choice = self.services.catalogue.default()
        if not choice.fallback or name != choice.name:
            return ""
        words = html.escape(choice.reason)
        return (
            f'<div class="notice hint" role="status">{words} <button class="banner-models">Open Models</button></div>'
        )


def _numbers(settings: Settings) -> str:
    """The choice that the settings make."""
    return settings.quantize if settings.quantize in ("int8", "int4") else settings.dtype


def build_models_section(
    services: Services, panel: ModelsPanel, state: gr.HTML, banner: gr.HTML, notice: gr.HTML
) -> ModelsSection:
    """The dropdown and the list, in the layout that is open now, wired up. `state`, `banner` and `notice` were made
    before; the notice may offer models, and goes when one is taken."""
    choices = panel.choices()
    default = services.catalogue.default().name
    value = default if default in [name for _, name in choices] else None
    model = gr.Dropdown(choices, value=value, label="Model", elem_id="model")
    with gr.Accordion("Models", open=False, elem_classes=["section"], elem_id="models"):
        numbers = gr.Radio(
            NUMBERS,
            value=_numbers(services.settings),
            label="Numbers of the weights",
            info="Automatic takes what this machine is fastest with: 8 bits on a CPU. bfloat16 takes half the memory "
            "of float32, which is exact and slower; 8 and 4 bits are smaller and faster on a CPU, and round the "
            "weights. "
            "For models loaded from now on: unload and load one to change it.",
            elem_id="numbers",
            elem_classes=["option"],
            visible=panel.is_open,
        )
        listed = gr.HTML(elem_id="model-list")
        with gr.Row(elem_id="model-add"):
            name = gr.Textbox(
                show_label=False, placeholder="hub id, such as google/gemma-3-4b-it", container=False, min_width=120
            )
            add = gr.Button("Add", size="sm", scale=0, min_width=60)
    row = gr.JSON(visible=False)
    press = gr.Button(visible="hidden", elem_id="row-act")
    clock = gr.Timer(POLL_S, active=False)
    section = ModelsSection(services, panel, model, state, banner, notice, listed, clock)
    model.input(section.chosen, model, [state, banner], queue=False, **QUIET)
    numbers.input(section.run_in, [numbers, model], section.outputs, **QUIET)
    press.click(
        section.act,
        [row, model],
        [*section.outputs, notice],
        js="(_, model) => [window.playground.takeRow(), model]",
        **QUIET,
    )
    add.click(section.add, [name, model], section.outputs, **QUIET)
    clock.tick(section.shown, model, section.outputs, **QUIET)
    return section
