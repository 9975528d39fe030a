"""The side panel's choices for the next reply: model, system prompt, thinking, tools, options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.options import Options
from playground.ui.options_panel import OptionsPanel, tool_choices

SAMPLING = ("temperature", "top_p", "top_k", "min_p")
FIELDS: tuple[tuple[str, type, str], ...] = (
    ("model", str, "a name"),
    ("system", str, "a text"),
    ("tools", list, "a list of names"),
    ("prefill", str, "a text"),
    ("options", Mapping, "an object"),
)
"""What settings hold as JSON: the name, the type, and the type in words."""
PENALTIES = ("repetition_penalty", "presence_penalty", "frequency_penalty", "logit_bias")


@dataclass(frozen=True)
class Wishes:
    """What the side panel asks for."""

    model: str
    system: str
    tools: tuple[str, ...]
    options: Options
    prefill: str = ""
    """How every reply begins: the model goes on from there."""


@dataclass
class Controls:
    """The side panel's widgets; their values travel with every send, in the order of `components`."""

    model: gr.Dropdown
    system: gr.Textbox
    tools: gr.CheckboxGroup
    prefill: gr.Textbox
    options: OptionsPanel

    @property
    def components(self) -> list[gr.components.Component]:
        """Inputs of every event that starts a reply."""
        return [self.model, self.system, self.tools, self.prefill, *self.options.components]

    def read(self, values: Sequence[Any]) -> Wishes:
        """The values as wishes.

        Raises: CallerError naming the option and its range.
        """
        model, system, tools, prefill, *options = values
        return Wishes(model, system or "", tuple(tools or ()), self.options.read(options), prefill or "")

    def model_of(self, values: Sequence[Any]) -> str:
        """The chosen model's name."""
        return str(values[0])

    def saved(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values by name, for the browser to keep."""
        model, system, tools, prefill, *options = values
        saved = {"model": model, "system": system, "tools": tools, "prefill": prefill}
        return {**saved, "options": self.options.saved(options)}

    def sound(self, saved: Any) -> tuple[dict[str, Any], list[str]]:
        """Of settings from anywhere those that the widgets can hold, and a sentence about each other one."""
        if not isinstance(saved, Mapping):
            return {}, [f"Settings are a JSON object; this is {type(saved).__name__}."]
        found: dict[str, Any] = {}
        problems = []
        for name, kind, words in FIELDS:
            value = saved.get(name)
            if isinstance(value, kind):
                found[name] = value
            elif value is not None:
                problems.append(f"In settings, `{name}` is {words}.")
        if isinstance(found.get("tools"), list):
            found["tools"] = [name for name in found["tools"] if isinstance(name, str)]
        if "options" in found:
            found["options"], wrong = self.options.sound(found["options"])
            problems += wrong
        return found, problems

    def restored(self, saved: Mapping[str, Any]) -> dict[gr.components.Component, Any]:
        """Values that bring back what `sound` found, but for the model: it may no longer be here."""
        updates: dict[gr.components.Component, Any] = {
            self.system: saved.get("system", ""),
            self.tools: list(saved.get("tools", ())),
            self.prefill: saved.get("prefill", ""),
        }
        options = self.options.restored(saved.get("options", {}))
        updates.update(zip(self.options.components, options, strict=True))
        return updates


def build_controls(
    model: gr.Dropdown, tools: Sequence[tuple[str, str]], starts: Mapping[str, Any] | None = None
) -> Controls:
    """Lay the widgets out in the layout that is open now, under the model's. `tools` are (label, name), all on.

    `starts` are option values to begin with and to reset to, where they differ from the defaults of `Options`.
    """
    options = OptionsPanel(starts=starts or {})
    system = gr.Textbox(
        "", label="System prompt", lines=2, max_lines=8, placeholder="How the model should behave", elem_id="system"
    )
    with gr.Accordion("Thinking", open=True, elem_classes=["section"]):
        options.add("thinking")
        options.add("effort")
        options.add("thinking_tokens")
    with gr.Accordion("Tools", open=True, elem_classes=["section"]):
        boxes = gr.CheckboxGroup(
            list(tools), value=[name for _, name in tools], label="Tools that may be called", elem_id="tools"
        )
        # Gradio refuses a name that is not among the choices it last sent to a tab. MCP servers' tools come and go
        # meanwhile; whoever uses the names leaves out those that are gone.
        boxes.preprocess = lambda payload: payload or []
        choice = options.add_tool_choice()
        options.add("parallel_tool_calls")
        options.add("rounds")
    boxes.change(
        lambda names: gr.update(choices=tool_choices(names)),
        boxes,
        choice,
        api_visibility="private",
        queue=False,
        show_progress="hidden",
    )
    with gr.Accordion("Sampling", open=True, elem_classes=["section"]):
        for name in SAMPLING:
            options.add(name)
        options.add_seed()
    with gr.Accordion("Pictures", open=False, elem_classes=["section"], elem_id="pictures"):
        options.add("image_tokens")
        options.add("pan_and_scan")
    with gr.Accordion("Length and form", open=False, elem_classes=["section"]):
        prefill = gr.Textbox(
            "",
            label="Reply begins with",
            info="The model goes on from these words. It does not think first then.",
            max_lines=4,
            elem_id="prefill",
            elem_classes=["option"],
        )
        options.add("max_tokens")
        options.add("stop")
        options.add_format()
    with gr.Accordion("Penalties and probabilities", open=False, elem_classes=["section"]):
        for name in PENALTIES:
            options.add(name)
        options.add("logprobs")
        options.add("top_logprobs")
    reset = gr.Button("Reset options", size="sm", elem_id="reset")
    reset.click(
        lambda: options.defaults(),
        None,
        options.components,
        api_visibility="private",
        queue=False,
        show_progress="hidden",
    )
    return Controls(model, system, boxes, prefill, options)
