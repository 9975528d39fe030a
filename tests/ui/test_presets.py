"""Presets: those that ship, a visitor's own, files and links, hostile ones too."""

import json

import pytest
from playwright.sync_api import expect

from playground.errors import CallerError
from playground.ui.presets import FORMAT, SHIPPED, preset_of, read_link, read_preset, write_link
from tests.ui.test_options_panel import build

TOOLS = ["calculator"]


@pytest.fixture(scope="module")
def controls():
    return build()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_can_be_used(controls, name):
    assert read_preset(SHIPPED[name], controls, TOOLS) == SHIPPED[name]


def test_a_preset_holds_what_differs_and_survives_a_link(controls):
    defaults = controls.options.defaults()
    assert preset_of(controls, ["embedded", "", TOOLS, "", *defaults], TOOLS) == {}
    values = controls.options.restored({"temperature": 0.5, "seed": "7"})
    preset = preset_of(controls, ["embedded", "Sei nett ☺", [], "", *values], TOOLS)
    assert preset == {"system": "Sei nett ☺", "options": {"temperature": 0.5}, "tools": []}
    assert read_preset(read_link(write_link(preset)), controls, TOOLS) == preset


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ([], "A preset is a JSON object; this is list"),
        ({"content": "x"}, "no field 'content'"),
        ({"options": {"temperature": 9}}, "temperature is 9.*between 0 and 2"),
        ({"options": {"temperature": {}}}, "temperature"),
        ({"options": {"nonsense": 1}}, "no option 'nonsense'"),
        ({"options": {"format": "XML"}}, "format cannot have the value 'XML'"),
        ({"options": {"stop": 5}}, "stop cannot have the value '5'"),
        ({"options": {"keep_seed": "yes"}}, "keep_seed cannot have the value 'yes'"),
        ({"tools": "calculator"}, "`tools` is a list of names"),
        ({"options": 5}, "`options` is an object"),
        ({"system": 5}, "`system` is a text"),
    ],
)
def test_hostile_values_are_refused_by_name(controls, preset, words):
    with pytest.raises(CallerError, match=words):
        read_preset(preset, controls, TOOLS)


def test_of_kept_settings_only_what_is_wrong_is_left_out(controls):
    options = {"temperature": 0.5, "top_p": 7, "format": "JSON Schema", "schema": "{", "top_k": None, "old": 1}
    found, problems = controls.sound({"system": "Hi", "prefill": 5, "tools": ["one", 2], "options": options})
    assert found == {"system": "Hi", "tools": ["one"], "options": {"temperature": 0.5, "format": "JSON Schema"}}
    assert len(problems) == 4
    controls.read(["embedded", *list(controls.restored(found).values())])
    assert controls.sound(["x"]) == ({}, ["Settings are a JSON object; this is list."])


def test_tools_that_are_not_here_are_left_out(controls):
    assert read_preset({"tools": ["calculator", "other"]}, controls, TOOLS) == {"tools": ["calculator"]}


@pytest.mark.parametrize("link", ["%%%", "abc", "W" * 30_000, write_link({})[:-1] + "!"])
def test_a_damaged_link_is_refused(link):
    with pytest.raises(CallerError, match=r"damaged|limit"):
        read_link(link)


def test_a_preset_is_used_saved_copied_as_a_link_and_read_from_a_file(chat, visit, scripted_app, tmp_path):
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.open_section("presets")
    chat.choose("preset", "Precise")
    expect(page.locator("#system textarea")).to_have_value(SHIPPED["Precise"]["system"])
    expect(page.get_by_label("number input for Temperature")).to_have_value("0.2")
    page.locator("#system textarea").fill("Be mine")
    page.locator("#preset-name input, #preset-name textarea").fill("Mine")
    page.locator("#preset-save").click()
    expect(page.locator("#preset-said")).to_contain_text("Mine is kept in this browser")
    page.locator("#preset-link").click()
    expect(page.locator("#preset-said")).to_contain_text("The link is copied")
    link = page.evaluate("navigator.clipboard.readText()")
    # As on a page that came by plain http from another machine, in a browser that lets pages copy nothing.
    page.evaluate(
        """() => { Object.defineProperty(navigator, "clipboard", { value: undefined });
            document.execCommand = () => false; }"""
    )
    page.locator("#preset-link").click()
    expect(page.get_by_label("Link to these settings")).to_have_value(link)
    with page.expect_download() as download:
        page.locator("#preset-export").click()
    file = tmp_path / "presets.json"
    file.write_bytes(download.value.path().read_bytes())
    assert json.loads(file.read_text())["presets"]["Mine"]["system"] == "Be mine"
    chat.reload()
    chat.open_section("presets")
    chat.choose("preset", "Creative")
    chat.choose("preset", "Mine")
    expect(page.locator("#system textarea")).to_have_value("Be mine")
    other = visit(link)
    expect(other.notice).to_contain_text("The settings are those of the link")
    expect(other.page.locator("#system textarea")).to_have_value("Be mine")
    assert "#settings" not in other.page.url
    other.open_section("presets")
    file.write_text(json.dumps({"format": FORMAT, "presets": {"Bad": {"options": {"temperature": 9}}}}))
    for words in ("temperature is 9", "1 read"):
        with other.page.expect_file_chooser() as chooser:
            other.page.locator("#preset-import").click()
        chooser.value.set_files(file)
        expect(other.page.locator("#preset-said")).to_contain_text(words)
        file.write_text(json.dumps({"format": FORMAT, "presets": {"Good": {"system": "x"}}}))


def test_a_hostile_link_changes_nothing_and_says_why(visit, scripted_app):
    chat = visit(f"{scripted_app}#settings={write_link({'options': {'temperature': 9}})}")
    expect(chat.notice).to_contain_text("temperature is 9")
    expect(chat.page.get_by_label("number input for Temperature")).to_have_value("1")
