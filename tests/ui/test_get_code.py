"""The chat as a program, where people find it: what it shows follows the chat and the options panel."""

import pytest
from playwright.sync_api import expect

from playground.code_samples import LANGUAGES
from tests.ui.conftest import DESKTOP

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(
    "viewport", [DESKTOP, pytest.param(PHONE, marks=pytest.mark.thorough)], ids=["desktop", "phone"]
)
def test_get_code_shows_the_chat_in_every_dialect(visit, scripted_app, viewport):
    chat = visit(scripted_app, viewport=viewport)
    chat.ask("one of my questions")
    if viewport == PHONE:
        chat.page.locator("#settings").click()
    chat.page.locator("#get-code").click()
    samples = chat.page.locator("#code-samples")
    for name in LANGUAGES:
        samples.get_by_label(name, exact=True).check()
        expect(samples.get_by_test_id("block-label")).to_contain_text(name)
        shown = samples.locator(".cm-content")
        expect(shown).to_contain_text("one of my questions")
        expect(shown).to_contain_text(scripted_app)
    expect(samples).to_be_in_viewport()
    chat.page.locator("#close-code").click()
    expect(samples).to_be_hidden()
