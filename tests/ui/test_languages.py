"""The page in other languages, and as an app of its own."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from playground.ui.languages import languages


def opened(url: str) -> str:
    with urllib.request.urlopen(url) as reply:
        return reply.read().decode()


def key_of(value: object) -> str | None:
    """The English text that a property is marked with for translation."""
    if isinstance(value, str) and value.startswith("__i18n__"):
        value = json.loads(value.removeprefix("__i18n__"))
    return value.get("key") if isinstance(value, dict) and value.get("__type__") == "translation_metadata" else None


def test_all_languages_say_the_same_things_and_nothing_that_is_gone(scripted_app):
    assert set(languages()) >= {"de", "fr", "es", "zh-CN", "ja"}
    keys = {frozenset(texts) for texts in languages().values()}
    assert len(keys) == 1
    components = json.loads(opened(f"{scripted_app}/config"))["components"]
    marked = {key_of(value) for component in components for value in component["props"].values()}
    gone = next(iter(keys)) - marked
    assert gone <= {"Duplicate"}, "translations of what the page does not say"


def test_programs_see_english_names_whatever_the_page_says(scripted_app):
    about = opened(f"{scripted_app}/gradio_api/info")
    assert "System prompt" in about
    assert "translation_metadata" not in about


@pytest.mark.parametrize(
    ("locale", "new_chat", "temperature"),
    [
        ("ja-JP", "新しいチャット", "温度"),
        pytest.param("de-DE", "Neuer Chat", "Temperatur", marks=pytest.mark.thorough),
        pytest.param("zh-CN", "新对话", "温度", marks=pytest.mark.thorough),
    ],
)
def test_the_browsers_language_is_spoken(visit, chromium, scripted_app, locale, new_chat, temperature):
    context = chromium.new_context(locale=locale, viewport={"width": 1440, "height": 900})
    chat = visit(scripted_app, context=context)
    expect(chat.page.locator("#new-chat")).to_have_text(new_chat)
    expect(chat.page.locator("#side")).to_contain_text(temperature)
    chat.ask("formatted")
    context.close()


def test_a_language_that_is_not_there_is_english(visit, chromium, scripted_app):
    context = chromium.new_context(locale="fi-FI")
    chat = visit(scripted_app, context=context)
    expect(chat.page.locator("#new-chat")).to_have_text("New chat")
    context.close()


def test_the_page_can_be_installed(chat, scripted_app):
    address = chat.page.locator("link[rel=manifest]").get_attribute("href")
    manifest = json.loads(opened(f"{scripted_app}/{address.strip('./')}"))
    assert (manifest["name"], manifest["display"]) == ("Gemma Playground", "standalone")
    assert "<svg" in opened(f"{scripted_app}/{manifest['icons'][0]['src'].strip('./')}")
