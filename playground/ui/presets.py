"""Named sets of system prompt, tools and options: those that ship, a visitor's own, and as a link.

A preset holds only what differs from the page's defaults. A link holds a preset and nothing of what was said.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import CallerError
from playground.ui.answer_schema import EXAMPLES
from playground.ui.controls import Controls
from playground.ui.quiet import QUIET
from playground.ui.services import Services

KEEP = "(presets) => { window.playgroundPresets.keep(presets) }"
COPY_LINK = "(link, said) => window.playgroundPresets.copyLink(link, said)"
EXPORT = "(presets) => { window.playgroundPresets.download(presets) }"
PICKED = "() => [window.playgroundPresets.picked()]"
FORMAT = "gemma-playground-presets"
MOST = 100
LONGEST_NAME = 60
LONGEST_LINK = 20_000
FIELDS = ("system", "tools", "prefill", "options")
SHIPPED: Mapping[str, Mapping[str, Any]] = {
    "Precise": {
        "system": "Answer briefly and exactly. Say so when you do not know.",
        "options": {"temperature": 0.2, "top_p": 0.9},
    },
    "Creative": {
        "system": "Write with imagination and in a voice of your own. Avoid clichés.",
        "options": {"temperature": 1.3, "top_p": 0.98, "min_p": 0.03},
        "tools": [],
    },
    "JSON extractor": {
        "system": "Extract what the text says. Use empty lists for what it does not say; add nothing.",
        "options": {"temperature": 0, "format": "JSON Schema", "schema": EXAMPLES["Extraction"]},
        "tools": [],
    },
    "Step by step": {
        "system": "Solve the task in small numbered steps and check each. End with the answer on a line of its own.",
        "options": {"temperature": 0.6, "thinking": "on", "max_tokens": "4096"},
    },
    "Image reader": {
        "system": "Describe what is in the picture. Copy every text in it exactly, line by line. Do not guess.",
        "options": {"temperature": 0.2},
        "tools": [],
    },
}


def preset_of(controls: Controls, values: Sequence[Any], all_tools: Sequence[str]) -> dict[str, Any]:
    """What the side panel's values say, without the model, and without what stands at its default."""
    saved = controls.saved(values)
    defaults = dict(zip(controls.options.widgets, controls.options.defaults(), strict=True))
    shown = ("seed",) if not saved["options"].get("keep_seed") else ()
    options = {name: value for name, value in saved["options"].items() if value != defaults[name] and name not in shown}
    preset = {"system": saved["system"], "prefill": saved["prefill"], "options": options}
    preset = {name: value for name, value in preset.items() if value}
    return preset if set(saved["tools"] or ()) == set(all_tools) else {**preset, "tools": list(saved["tools"] or ())}


def read_preset(saved: Any, controls: Controls, all_tools: Sequence[str]) -> dict[str, Any]:
    """A preset that may come from anybody, checked. Tools that are not here are left out.

    Raises: CallerError naming what is unknown, or the option and its range.
    """
    if not isinstance(saved, Mapping):
        raise CallerError(f"A preset is a JSON object; this is {type(saved).__name__}.")
    if strange := [str(name) for name in saved if name not in FIELDS]:
        raise CallerError(f"A preset has no field {strange[0][:40]!r}; it has: {', '.join(FIELDS)}.")
    found, problems = controls.sound(saved)
    if problems:
        raise CallerError(problems[0])
    return {**found, **({"tools": [name for name in found["tools"] if name in all_tools]} if "tools" in found else {})}


def write_link(preset: Mapping[str, Any]) -> str:
    """A preset as the text that stands in a link."""
    packed = json.dumps(preset, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_link(text: str) -> Any:
    """What stands in a link, not checked yet.

    Raises: CallerError when it is no preset at all.
    """
    if len(text) > LONGEST_LINK:
        raise CallerError(f"It has {len(text):,} characters; the limit is {LONGEST_LINK:,}.")
    try:
        return json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise CallerError("It is damaged. Copy the whole link again.") from error


def load_presets(saved: Any) -> dict[str, Any]:
    """A visitor's presets by name from what their browser or a file holds. They are checked when they are used."""
    rows = saved.get("presets") if isinstance(saved, Mapping) else None
    named = rows.items() if isinstance(rows, Mapping) else ()
    return {str(name)[:LONGEST_NAME]: preset for name, preset in list(named)[:MOST] if isinstance(preset, Mapping)}


def dump_presets(presets: Mapping[str, Any]) -> dict[str, Any]:
    """A visitor's presets as JSON, for the browser and for a file."""
    return {"format": FORMAT, "version": 1, "presets": dict(presets)}


@dataclass
class PresetsSection:
    """The components and what they do."""

    services: Services
    controls: Controls
    choice: gr.Dropdown
    name: gr.Textbox
    said: gr.HTML
    kept: gr.JSON
    link: gr.Textbox
    exported: gr.JSON

    def use(self, name: str | None, request: gr.Request) -> dict[Any, Any]:
        """Set the side panel as a preset says; everything that it does not name goes to its default."""
        found = SHIPPED.get(name or "") or self.mine(request).get(name or "")
        if found is None:
            return {self.said: ""}
        try:
            return {**self._applied(found, request), self.said: _right(f"{name} is set."), self.name: name}
        except CallerError as error:
            return {self.said: _wrong(f"{name} cannot be used: {error.message}")}

    def linked(self, text: str, request: gr.Request) -> tuple[dict[Any, Any], str, bool]:
        """The side panel as a link says, a sentence about it, and whether it could be used."""
        try:
            return self._applied(read_link(text), request), "The settings are those of the link.", True
        except CallerError as error:
            return {}, f"The link's settings were not used: {error.message}", False

    def save(self, name: str, request: gr.Request, *values: Any) -> dict[Any, Any]:
        """Keep the side panel as it is under a name."""
        name, mine = name.strip(), self.mine(request)
        if not name or len(name) > LONGEST_NAME or name in SHIPPED:
            return {self.said: _wrong(f"Type a name of 1 to {LONGEST_NAME} letters that no preset here has by itself.")}
        if len(mine) >= MOST and name not in mine:
            return {self.said: _wrong(f"There are {MOST} presets already. Delete one first.")}
        mine[name] = preset_of(self.controls, values, self.tools(request))
        return {**self.shown(request, name), self.said: _right(f"{name} is kept in this browser.")}

    def delete(self, name: str, request: gr.Request) -> dict[Any, Any]:
        """Forget one of the visitor's presets."""
        if self.mine(request).pop(name.strip(), None) is None:
            return {self.said: _wrong("Choose one of your own presets; those that came with the page stay.")}
        return {**self.shown(request, None), self.said: _right(f"{name} is deleted."), self.name: ""}

    def read_file(self, picked: Any, request: gr.Request) -> dict[Any, Any]:
        """Add the presets of a file; one that cannot be used adds none."""
        mine = self.mine(request)
        try:
            if not isinstance(picked, Mapping) or picked.get("format") != FORMAT:
                raise CallerError("it is no export of presets from this page.")
            found = load_presets(picked)
            for name, preset in found.items():
                found[name] = read_preset(preset, self.controls, self.tools(request))
            if len(mine) + len(found) > MOST:
                raise CallerError(f"there would be more than {MOST} presets.")
        except CallerError as error:
            return {self.said: _wrong(f"The file was not read: {error.message}")}
        mine.update({name: preset for name, preset in found.items() if name not in SHIPPED})
        return {**self.shown(request, None), self.said: _right(f"{len(found)} read.")}

    def shown(self, request: gr.Request, chosen: str | None) -> dict[Any, Any]:
        """The list, and what the browser is to keep."""
        mine = self.mine(request)
        return {
            self.choice: gr.update(choices=[*SHIPPED, *mine], value=chosen),
            self.kept: dump_presets(mine),
        }

    def restored(self, saved: Any, request: gr.Request) -> dict[Any, Any]:
        """The visitor's presets from their browser, when the page loads."""
        visit = self.services.visits.of(request.session_hash or "")
        visit.presets = load_presets(saved)
        return {self.choice: gr.update(choices=[*SHIPPED, *visit.presets])}

    def _applied(self, saved: Any, request: gr.Request) -> dict[Any, Any]:
        tools = self.tools(request)
        preset = read_preset(saved, self.controls, tools)
        return self.controls.restored({"tools": tools, **preset})

    def tools(self, request: gr.Request) -> list[str]:
        """The names of all tools that can be switched on in this tab."""
        visit = self.services.visits.of(request.session_hash or "")
        return [name for _, name in self.services.tool_choices(visit)]

    def mine(self, request: gr.Request) -> dict[str, Any]:
        """The visitor's presets by name."""
        return self.services.visits.of(request.session_hash or "").presets


def build_presets(services: Services, controls: Controls) -> PresetsSection:
    """The section, in the layout that is open now."""
    with gr.Accordion("Presets", open=False, elem_classes=["section"], elem_id="presets"):
        choice = gr.Dropdown(list(SHIPPED), value=None, label="Use a preset", elem_id="preset")
        name = gr.Textbox(
            "", label="Name", placeholder="for the settings as they are", max_lines=1, elem_id="preset-name"
        )
        with gr.Row():
            save = gr.Button("Save", variant="primary", size="sm", elem_id="preset-save", min_width=60)
            delete = gr.Button("Delete", size="sm", elem_id="preset-delete", min_width=60)
            copy = gr.Button("Copy as link", size="sm", elem_id="preset-link", min_width=90)
        with gr.Row():
            export = gr.Button("Export mine", size="sm", elem_id="preset-export", min_width=80)
            read = gr.Button("Import…", size="sm", elem_id="preset-import", min_width=80)
        said = gr.HTML(elem_id="preset-said")
    kept, exported, link = gr.JSON(visible=False), gr.JSON(visible=False), gr.Textbox("", visible=False)
    section = PresetsSection(services, controls, choice, name, said, kept, link, exported)
    values, panel = controls.components, [*controls.components[1:], said, name]
    listed = [choice, kept, said, name]
    choice.input(section.use, choice, panel, **QUIET)
    save.click(section.save, [name, *values], listed, **QUIET).then(None, kept, None, js=KEEP, **QUIET)
    delete.click(section.delete, name, listed, **QUIET).then(None, kept, None, js=KEEP, **QUIET)

    def to_link(request: gr.Request, *now: Any) -> dict[Any, Any]:
        packed = write_link(preset_of(controls, now, section.tools(request)))
        if len(packed) > LONGEST_LINK:
            return {said: _wrong("These settings are too long for a link. Export them instead."), link: ""}
        return {said: "", link: packed}

    copy.click(to_link, values, [said, link], **QUIET).then(None, [link, said], said, js=COPY_LINK, **QUIET)

    def mine(request: gr.Request) -> dict[str, Any]:
        return dump_presets(section.mine(request))

    export.click(mine, None, exported, **QUIET).then(None, exported, None, js=EXPORT, **QUIET)
    picker = gr.Button(visible="hidden", elem_id="read-presets")
    read.click(None, None, None, js="() => { window.playgroundPresets.pick() }", **QUIET)
    picked = picker.click(section.read_file, kept, listed, js=PICKED, **QUIET)
    picked.then(None, kept, None, js=KEEP, **QUIET)
    return section


def _right(words: str) -> str:
    return f'<p class="verdict right" role="status">{html.escape(words)}</p>'


def _wrong(words: str) -> str:
    return f'<p class="verdict wrong" role="alert">{html.escape(words)}</p>'
