"""Every option of one turn as a widget, built from the fields of `Options`: same names, ranges, defaults and words."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import gradio as gr

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.options import MAX_SEED, Options, option_range, parse_options
from playground.ui.answer_schema import EXAMPLES, FIRST_EXAMPLE, judged, read_schema

FORMATS = {"Text": "text", "JSON object": "json_object", "JSON Schema": "json_schema"}
WIDEST_SLIDER = 1000
"""Whole numbers with a wider range are typed, because a slider could not hit them."""
CHOICES = {"Model decides": "auto", "At least one call": "required", "No calls": "none"}
LABELS = {
    "thinking": "Think before answering",
    "top_p": "Top-p",
    "top_k": "Top-k",
    "min_p": "Min-p",
    "max_tokens": "Longest reply",
    "stop": "Stop texts",
    "effort": "Effort",
    "thinking_tokens": "Thinking budget",
    "tool_choice": "Tool choice",
    "parallel_tool_calls": "Several calls in one reply",
    "rounds": "Rounds of tools",
    "logprobs": "Token probabilities",
    "top_logprobs": "Alternatives per token",
    "logit_bias": "Token bias",
    "image_tokens": "Tokens for a picture",
    "pan_and_scan": "Crops of long pictures",
}
UNITS = {"max_tokens": "tokens", "thinking_tokens": "tokens"}


@dataclass(frozen=True)
class Widget:
    """One widget and its part of the options: `read` turns its value into option values by name."""

    component: gr.components.Component
    read: Callable[[Any], Mapping[str, Any]]
    default: Any


@dataclass
class OptionsPanel:
    """The widgets in the order they were made. `read` and `defaults` keep to that order.

    `starts` replaces defaults of `Options` by what the model's makers recommend.
    """

    starts: Mapping[str, Any] = field(default_factory=dict)
    widgets: dict[str, Widget] = field(default_factory=dict)

    @property
    def components(self) -> list[gr.components.Component]:
        """What an event takes as inputs, or sets as outputs."""
        return [widget.component for widget in self.widgets.values()]

    def read(self, values: Sequence[Any]) -> Options:
        """The options that the widgets' values spell.

        Raises: CallerError naming the option and its range.
        """
        spelled: dict[str, Any] = {}
        for widget, value in zip(self.widgets.values(), values, strict=True):
            spelled |= widget.read(value)
        return _assembled(spelled)

    def defaults(self) -> list[Any]:
        """The value each widget starts with."""
        return [widget.default for widget in self.widgets.values()]

    def saved(self, values: Sequence[Any]) -> dict[str, Any]:
        """The widgets' values by name, for the browser to keep."""
        return dict(zip(self.widgets, values, strict=True))

    def restored(self, saved: Mapping[str, Any]) -> list[Any]:
        """Widget values from what the browser kept; what is missing takes its default."""
        return [saved.get(name, widget.default) for name, widget in self.widgets.items()]

    def sound(self, saved: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
        """Of values from anywhere those that the widgets can hold, and a sentence about each other one."""
        found: dict[str, Any] = {}
        problems: list[str] = []
        for name, value in saved.items():
            widget = self.widgets.get(name)
            try:
                if widget is None:
                    raise CallerError(f"There is no option {str(name)[:40]!r}.")
                if value is None:  # as an emptied widget gives
                    continue
                if not _alike(value, widget.default):
                    raise CallerError(f"The option {name} cannot have the value {str(value)[:40]!r}.")
                self.read(self.restored({**found, name: value}))
                found[name] = value
            except CallerError as error:
                problems.append(error.message)
            except (KeyError, TypeError, ValueError, AttributeError):
                problems.append(f"The option {name} cannot have the value {str(value)[:40]!r}.")
        return found, problems

    def add(self, name: str) -> gr.components.Component:
        """Make the widget of an option that needs nothing special, in the layout that is open now."""
        component, read, default = _plain_widget(name, self.starts.get(name, Options.model_fields[name].default))
        return self._keep(name, component, read, default)

    def _keep(
        self, name: str, component: gr.components.Component, read: Callable[[Any], Mapping[str, Any]], default: Any
    ) -> gr.components.Component:
        self.widgets[name] = Widget(component, read, default)
        return component

    def add_seed(self) -> gr.components.Component:
        """The seed, a dice that draws one, and whether to keep it. Without keep, each reply draws and shows its own."""
        about = {"label": "Seed", "info": Options.model_fields["seed"].description, "elem_classes": ["option"]}
        with gr.Row(elem_classes=["seed-row"], equal_height=True):
            number = gr.Textbox("", placeholder="random", max_lines=1, min_width=80, elem_id="seed", **about)
            dice = gr.Button("⚄", elem_id="dice", elem_classes=["icon"], min_width=36, scale=0)
            keep = gr.Checkbox(False, label="Keep", elem_id="keep-seed", min_width=70, scale=0, container=False)
        dice.click(
            lambda: (str(secrets.randbelow(MAX_SEED + 1)), True),
            None,
            [number, keep],
            api_visibility="private",
            queue=False,
        )
        # A number that somebody types is meant to be used.
        number.input(lambda: True, None, keep, api_visibility="private", queue=False, show_progress="hidden")
        self._keep("seed", number, lambda text: {"seed": _whole("seed", text)}, "")
        self._keep("keep_seed", keep, lambda value: {"keep_seed": bool(value)}, False)
        return number

    def add_format(self) -> None:
        """The shape of the answer: free text, any JSON object, or JSON that fits a schema typed here."""
        info = Options.model_fields["response_format"].description
        kind = gr.Radio(
            list(FORMATS), value="Text", label="Answer format", info=info, elem_id="format", elem_classes=["option"]
        )
        with gr.Column(visible=False, elem_id="schema-editor") as editor:
            example = gr.Dropdown(
                list(EXAMPLES), value=next(iter(EXAMPLES)), label="Start from", elem_id="schema-example"
            )
            schema = gr.Code(
                FIRST_EXAMPLE,
                language="json",
                label="Schema of the answer",
                lines=8,
                max_lines=24,
                elem_id="answer-schema",
            )
            verdict = gr.HTML(judged(FIRST_EXAMPLE), elem_id="schema-verdict")
        quiet: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
        kind.change(lambda chosen: gr.update(visible=chosen == "JSON Schema"), kind, editor, **quiet)
        example.input(lambda name: EXAMPLES[name], example, schema, **quiet)
        schema.change(judged, schema, verdict, **quiet)
        self._keep("format", kind, lambda value: {"format": FORMATS[value]}, "Text")
        self._keep("schema", schema, lambda value: {"schema": value}, FIRST_EXAMPLE)

    def add_tool_choice(self) -> gr.components.Component:
        """Whether tools may, must or must not be called; the page adds the names of the tools that are on."""
        info = Options.model_fields["tool_choice"].description
        choice = gr.Dropdown(
            list(CHOICES),
            value="Model decides",
            label=LABELS["tool_choice"],
            info=info,
            elem_id="tool-choice",
            elem_classes=["option"],
        )
        return self._keep("tool_choice", choice, lambda value: {"tool_choice": _choice(value)}, "Model decides")


def shown_options(options: Options) -> dict[str, Any]:
    """Options as the values of their widgets by name: what `OptionsPanel.restored` takes and `read` gives again."""
    values = {name: getattr(options, name) for name in Options.model_fields}
    shape = values.pop("response_format")
    bias = values["logit_bias"]
    modes = {mode: label for label, mode in CHOICES.items()}
    choice = options.tool_choice
    return {
        **values,
        **{name: _typed(values[name]) for name in ("max_tokens", "thinking_tokens", "seed")},
        "stop": "\n".join(options.stop),
        "logit_bias": json.dumps({str(token): value for token, value in bias.items()}) if bias else "",
        "tool_choice": modes.get(choice.mode, f"Call {choice.name}"),
        "keep_seed": options.seed is not None,
        "format": next(label for label, kind in FORMATS.items() if kind == _kind_of(shape)),
        "schema": json.dumps(dict(shape.schema), indent=2) if isinstance(shape, JsonSchema) else FIRST_EXAMPLE,
    }


def tool_choices(names: Sequence[str]) -> list[str]:
    """What the tool choice offers while these tools are on."""
    return [*CHOICES, *(f"Call {name}" for name in names)]


def _typed(number: int | None) -> str:
    return "" if number is None else str(number)


def _kind_of(shape: JsonObject | JsonSchema | None) -> str:
    return "text" if shape is None else "json_object" if isinstance(shape, JsonObject) else "json_schema"


def _alike(value: Any, default: Any) -> bool:
    """Whether a widget with this default can hold the value; a whole number may stand for a fraction."""
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    return isinstance(value, int | float if isinstance(default, int | float) else type(default))


def _choice(value: str) -> Choice:
    mode = CHOICES.get(value)
    match mode:
        case "auto" | "required" | "none":
            return Choice(mode)
        case _:
            return Choice("named", value.removeprefix("Call "))


def _assembled(spelled: dict[str, Any]) -> Options:
    """Options from widget values: the few that two widgets spell together are joined here."""
    if not spelled.pop("keep_seed", True):
        spelled["seed"] = None
    kind, schema = spelled.pop("format", "text"), spelled.pop("schema", "")
    if kind == "json_object":
        spelled["response_format"] = JsonObject()
    elif kind == "json_schema":
        spelled["response_format"] = read_schema(schema)
    return parse_options(spelled)


def _label(name: str) -> str:
    label = LABELS.get(name) or name.replace("_", " ").capitalize()
    return f"{label} ({unit})" if (unit := UNITS.get(name)) else label


def _plain_widget(name: str, default: Any) -> tuple[gr.components.Component, Callable[[Any], Mapping[str, Any]], Any]:
    """The widget of an option by its type and range, how to read it, and its default as the widget shows it."""
    about = Options.model_fields[name]
    low, high = option_range(name)
    shared: dict[str, Any] = {"label": _label(name), "info": about.description, "elem_classes": ["option"]}
    if name == "stop":
        box = gr.Textbox("", lines=1, max_lines=6, placeholder="one per line", **shared)
        return box, lambda text: {"stop": tuple(line for line in (text or "").split("\n") if line)}, ""
    if name == "logit_bias":
        return gr.Textbox("", placeholder='{"token id": bias}', **shared), _read_bias, ""
    if isinstance(default, bool):
        return gr.Checkbox(default, **shared), lambda value: {name: bool(value)}, default
    if words := _words(about.annotation):
        return gr.Radio([(word.capitalize(), word) for word in words], value=default, **shared), _as(name), default
    whole = isinstance(default, int) or default is None
    if whole and (high is None or high > WIDEST_SLIDER):
        # Not gr.Number: it has no empty state, and it refuses a range in its own words.
        text = "" if default is None else str(default)
        box = gr.Textbox(text, placeholder="automatic", max_lines=1, **shared)
        return box, lambda typed: {name: default if (value := _whole(name, typed)) is None else value}, text
    step = 1 if whole else 0.01
    return gr.Slider(low or 0, high or 1, value=default, step=step, **shared), _as(name), default


def _as(name: str) -> Callable[[Any], Mapping[str, Any]]:
    return lambda value: {name: value}


def _whole(name: str, text: str | None) -> int | None:
    """The whole number that was typed; None when nothing was.

    Raises: CallerError when it is something else.
    """
    typed = (text or "").strip()
    try:
        return int(typed) if typed else None
    except ValueError as error:
        message = f"{_label(name)} is {typed[:40]!r}; it must be a whole number, or empty."
        raise CallerError(message, param=name) from error


def _words(annotation: Any) -> tuple[str, ...]:
    words = get_args(annotation)
    return words if words and all(isinstance(word, str) for word in words) else ()


def _read_bias(text: str | None) -> Mapping[str, Any]:
    if not (text or "").strip():
        return {}
    try:
        return {"logit_bias": {int(token): float(bias) for token, bias in json.loads(text or "").items()}}
    except (ValueError, AttributeError, TypeError) as error:
        example = 'Write it as {"1234": 5, "99": -100}: token ids and numbers from -100 to 100.'
        raise CallerError(f"Token bias is {text!r}, which is not understood. {example}", param="logit_bias") from error
