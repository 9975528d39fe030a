"""The page on a phone, in the dark, and behind a keyboard."""

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(visit, scripted_app):
    return visit(scripted_app, viewport=PHONE)


def scrolls_sideways(chat) -> bool:
    return chat.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.thorough
def test_a_phone_never_scrolls_sideways(phone):
    assert not scrolls_sideways(phone)
    phone.ask("formatted")
    phone.ask("w" * 300)
    assert not scrolls_sideways(phone)
    phone.page.locator("#settings").click()
    expect(phone.page.locator("#side")).to_be_in_viewport()
    assert not scrolls_sideways(phone)
    phone.page.locator("#side .toggle-button").click()
    expect(phone.page.locator("#side")).not_to_be_in_viewport()


def test_the_composer_stays_in_view_on_a_phone(phone):
    for _ in range(4):
        phone.ask("formatted")
    expect(phone.box).to_be_in_viewport()


def brightness(chat, selector: str) -> float:
    return chat.page.locator(selector).first.evaluate(
        """(element) => {
            for (let one = element; one; one = one.parentElement) {
                const [r, g, b, a] = getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number);
                if (a !== 0) return (r + g + b) / 3;
            }
            return 255;
        }"""
    )


def test_a_dark_browser_gets_a_dark_page_and_the_button_changes_it(visit, scripted_app):
    chat = visit(scripted_app, scheme="dark")
    chat.ask("formatted")
    for part in ("#chat", "#composer", "#side", "#chat pre"):
        assert brightness(chat, part) < 80, part
    chat.page.locator("#theme").click()
    for part in ("#chat", "#composer", "#side", "#chat pre"):
        assert brightness(chat, part) > 200, part
    chat.reload()
    assert brightness(chat, "#composer") > 200


def test_every_button_has_a_name_for_screen_readers(chat):
    chat.ask("use the calculator")
    nameless = chat.page.evaluate(
        """() => [...document.querySelectorAll("button")].filter((one) => one.offsetParent && !one.closest(".arrow"))
            .filter((one) => !(one.innerText || one.title || one.ariaLabel || one.textContent).trim())
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert not nameless
