"""MCP servers in the side panel, with a real one of the settings behind the page."""

import re

from playwright.sync_api import expect


def opened(chat):
    """The section, once the server of the settings has told its tools."""
    chat.open_section("mcp")
    section = chat.page.locator("#mcp")
    for _ in range(60):
        section.locator("#mcp-refresh").click()
        chat.page.wait_for_timeout(500)
        if "ask first" in section.inner_text():
            break
    expect(section).to_contain_text("8 tools, 1 of which ask first")
    return section


def test_a_tool_that_may_change_something_asks_first_and_its_answer_is_shown(chat):
    opened(chat)
    chat.page.locator("#tools").get_by_label("example delete all").check()
    chat.send("Empty the attic.")
    expect(chat.pending).to_contain_text("The model wants to run example_delete_all")
    expect(chat.page.locator("#pending-arguments textarea")).to_have_value(re.compile("attic"))
    expect(chat.page.locator("#pending-result textarea")).to_be_hidden()
    chat.page.locator("#pending-approve").click()
    chat.wait_for_reply()
    assert "attic is gone." in chat.last_reply
    assert "Text from outside, given as data." in chat.last_reply


def test_a_private_address_is_refused_with_the_reason(chat):
    section = opened(chat)
    section.get_by_label("Address").fill("http://127.0.0.1:8000/mcp")
    section.locator("#mcp-add").click()
    expect(section.locator("#mcp-verdict")).to_contain_text("not on the public internet")
    section.get_by_label("Address").fill("nonsense")
    section.locator("#mcp-add").click()
    expect(section.locator("#mcp-verdict")).to_contain_text("does not start with http://")
