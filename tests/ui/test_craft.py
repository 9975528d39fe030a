"""The page for everybody: by keyboard, by screen reader, at any width, in any script, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


def grave(chat) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    found = Axe().run(chat.page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][-200:]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("viewport", [None, pytest.param(PHONE, marks=pytest.mark.thorough)], ids=["desktop", "phone"])
def test_axe_finds_nothing_grave_by_day_or_by_night(visit, scripted_app, viewport):
    chat = visit(scripted_app, viewport=viewport)
    assert not grave(chat)
    chat.ask("formatted")
    chat.ask("use the calculator")
    chat.panel("calculator").locator(".title").click()
    chat.send("switch the light on")
    expect(chat.pending).to_be_visible()
    expect(chat.page.locator("#meter .meter")).to_be_visible()
    assert not grave(chat)
    chat.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(chat.page.locator("body.dark")).to_have_count(1)
    assert not grave(chat)


def test_the_keyboard_does_it_all_and_a_sheet_says_how(chat):
    chat.ask("one")
    chat.page.locator("#chat").focus()
    chat.page.keyboard.press("?")
    sheet = chat.page.locator("#key-sheet")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Go to the message box")
    chat.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(chat.page.locator("#chat")).to_be_focused()
    chat.page.keyboard.press("/")
    expect(chat.box).to_be_focused()
    chat.page.keyboard.type("?")
    expect(chat.box).to_have_value("?")
    chat.page.keyboard.press("Alt+e")
    expect(chat.box).to_have_value("one")
    chat.page.keyboard.press("Alt+n")
    expect(chat.questions).to_have_count(0)


def test_a_screen_reader_hears_of_the_beginning_and_the_whole_end_of_a_reply(chat):
    spoken = chat.page.locator("#spoken")
    chat.send("count")
    expect(spoken).to_have_text("Writing")
    expect(chat.page.locator("#live .bot-row")).to_contain_text("0 1 2")
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply()
    expect(spoken).to_contain_text("Reply: 0 1 2")
    expect(chat.page.locator("#chat [aria-live=polite]")).to_have_count(0)


def test_no_width_scrolls_sideways(chat):
    chat.ask("formatted")
    chat.box.fill("a draft")
    expect(chat.page.locator("#meter .meter")).to_be_visible()
    for width in (320, 390, 768, 1024, 2560):
        chat.page.set_viewport_size({"width": width, "height": 800})
        assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        expect(chat.box).to_be_in_viewport()


def test_the_theme_goes_from_the_systems_to_one_of_ones_own_and_back(chat):
    dark = chat.page.locator("body.dark")
    expect(dark).to_have_count(0)
    chat.page.locator("#theme").click()
    expect(dark).to_have_count(1)
    chat.page.locator("#theme").click()
    expect(dark).to_have_count(0)
    chat.page.locator("#theme").click()
    chat.page.emulate_media(color_scheme="dark")
    expect(dark).to_have_count(1)


def test_text_runs_in_its_own_direction(chat):
    chat.ask("שלום עולם " * 20)
    words = chat.questions.last.locator("p").first
    # Of a line that does not fill the width, the free room is on the left.
    last_line = words.evaluate(
        """(one) => { const range = document.createRange(); range.selectNodeContents(one);
            const lines = [...range.getClientRects()], box = one.getBoundingClientRect(), last = lines.at(-1);
            return [last.left - box.left, box.right - last.right]; }"""
    )
    assert last_line[0] > last_line[1]
