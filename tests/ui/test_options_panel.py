"""The panel is built from `Options`: nothing is missing, and nothing says something else."""

import gradio as gr
import pytest

from playground.errors import CallerError
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.options import Options, option_range
from playground.ui.controls import build_controls
from tests.asynchronous import run

SPELLED_BY_OTHERS = {"format": "response_format", "schema": "response_format", "keep_seed": "seed"}


def build(starts=None):
    async def built():
        with gr.Blocks():
            return build_controls(gr.Dropdown(["embedded"], value="embedded"), [("calculator", "calculator")], starts)

    # Outside a running loop, Gradio makes one for each of its locks and leaves them open.
    return run(built())


@pytest.fixture(scope="module")
def controls():
    return build()


def test_it_begins_with_what_the_models_makers_recommend():
    panel = build({"temperature": 0.3, "top_k": 20}).options
    options = panel.read(panel.defaults())
    assert (options.temperature, options.top_k, options.top_p) == (0.3, 20, Options().top_p)


@pytest.fixture
def panel(controls):
    return controls.options


def read(panel, **changes):
    values = dict(zip(panel.widgets, panel.defaults(), strict=True)) | changes
    return panel.read(list(values.values()))


def test_every_option_has_a_widget(panel):
    shown = {SPELLED_BY_OTHERS.get(name, name) for name in panel.widgets}
    assert shown == set(Options.model_fields)


def test_untouched_it_spells_the_defaults(panel):
    assert read(panel) == Options()


def test_ranges_and_words_are_those_of_the_options(panel):
    for name, widget in panel.widgets.items():
        if name in Options.model_fields:
            assert widget.component.info == Options.model_fields[name].description
        if isinstance(widget.component, gr.Slider):
            assert (widget.component.minimum, widget.component.maximum) == option_range(name)


def test_typed_values_are_read(panel):
    options = read(
        panel,
        stop="END\n###",
        seed="42",
        keep_seed=True,
        thinking_tokens="300",
        logit_bias='{"5": -100}',
        max_tokens="7",
        tool_choice="Call calculator",
        temperature=0,
    )
    assert options.stop == ("END", "###")
    assert options.seed == 42
    assert options.thinking_tokens == 300
    assert options.logit_bias == {5: -100.0}
    assert options.max_tokens == 7
    assert options.tool_choice == Choice("named", "calculator")
    assert options.temperature == 0


def test_a_seed_that_is_only_shown_is_not_used(panel):
    assert read(panel, seed="42", keep_seed=False).seed is None


def test_answer_formats_are_read(panel):
    assert read(panel, format="JSON object").response_format == JsonObject()
    schema = read(panel, format="JSON Schema", schema='{"type": "object"}').response_format
    assert schema == JsonSchema({"type": "object"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": "x", "keep_seed": True}, "Seed is 'x'; it must be a whole number"),
        ({"seed": "-1", "keep_seed": True}, "seed is -1: it must lie between 0 and 2147483647"),
        ({"max_tokens": "0"}, "max_tokens is 0: it must lie between 1 and 131072"),
        ({"logit_bias": "[1]"}, "Token bias is '\\[1\\]', which is not understood"),
        ({"logit_bias": '{"5": 1000}'}, "must lie between -100 and 100"),
        ({"format": "JSON Schema", "schema": "{"}, "Schema of the answer is not JSON"),
        ({"format": "JSON Schema", "schema": "[]"}, "must be a JSON object"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(panel, changes, words):
    with pytest.raises(CallerError, match=words):
        read(panel, **changes)


def test_what_the_browser_kept_comes_back(controls, panel):
    values = ["embedded", "Be kind", ["calculator"], "Well, ", *panel.defaults()]
    saved = controls.saved(values)
    restored = controls.restored(saved)
    assert restored[controls.system] == "Be kind"
    assert restored[controls.tools] == ["calculator"]
    assert restored[controls.prefill] == "Well, "
    assert [restored[component] for component in panel.components] == panel.defaults()
