"""The side panel: write a tool and use it, answer its calls; choose, download and unload models."""

import pytest
from playwright.sync_api import expect


def write(chat, text: str) -> None:
    """Replace what stands in the tool editor."""
    editor = chat.page.locator("#tool-document .cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    chat.page.keyboard.insert_text(text)


def test_a_tool_is_checked_as_it_is_typed(chat):
    chat.open_section("tool-editor")
    verdict = chat.page.locator("#tool-verdict")
    expect(verdict).to_contain_text("find_order(number)")
    write(chat, '{"name": "two words"}')
    expect(verdict).to_contain_text('The name "two words" must be 1 to 64 letters')
    write(chat, "{")
    expect(verdict).to_contain_text("Line 1")
    chat.choose("tool-template", "Take a list")
    expect(verdict).to_contain_text("add_to_list(items, shop)")


def test_a_written_tool_is_called_and_the_person_answers(chat):
    chat.open_section("tool-editor")
    chat.page.locator("#tool-save").click()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_be_checked()
    chat.send("Where is my order?")
    expect(chat.pending).to_contain_text("The model calls find_order")
    expect(chat.pending).to_contain_text('"number": 12')
    chat.page.locator("#pending-answer").click()
    expect(chat.notice).to_contain_text("Type the result")
    chat.page.locator("#pending-result textarea").fill("It arrives on Monday.")
    chat.page.locator("#pending-answer").click()
    chat.wait_for_reply()
    assert chat.last_reply == "The tool said: It arrives on Monday."
    expect(chat.pending).to_be_hidden()
    chat.panel("find_order").locator(".title").click()
    expect(chat.panel("find_order").locator(".content")).to_contain_text("It arrives on Monday.")


@pytest.mark.thorough
def test_a_written_tool_is_there_after_a_reload_until_it_is_removed(chat):
    chat.open_section("tool-editor")
    chat.page.locator("#tool-save").click()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_be_checked()
    chat.wait_until_kept("mine", "find_order")
    chat.reload()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_be_visible()
    chat.open_section("tool-editor")
    chat.page.locator("#tool-remove").click()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_have_count(0)


@pytest.mark.thorough
def test_a_waiting_call_survives_a_reload_and_can_be_refused(chat):
    chat.open_section("tool-editor")
    chat.page.locator("#tool-save").click()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_be_checked()
    chat.send("Where is my order?")
    expect(chat.pending).to_be_visible()
    chat.reload()
    expect(chat.pending).to_contain_text("find_order")
    chat.page.locator("#pending-refuse").click()
    chat.wait_for_reply()
    assert "refused" in chat.last_reply


def test_what_the_model_would_call_is_tried_without_running_anything(chat):
    chat.open_section("tool-editor")
    chat.page.locator("#tool-trial textarea").fill("Where is my order?")
    chat.page.locator("#tool-ask").click()
    expect(chat.page.locator("#tool-outcome")).to_contain_text("It would call find_order")
    chat.page.locator("#tool-trial textarea").fill("Hello")
    chat.page.locator("#tool-ask").click()
    expect(chat.page.locator("#tool-outcome")).to_contain_text("No call.")


def test_an_endpoint_on_this_machine_is_refused_unless_it_is_allowed(chat):
    chat.open_section("tool-editor")
    chat.page.get_by_label("An HTTP endpoint answers").check()
    chat.page.locator("#tool-endpoint textarea").fill("http://127.0.0.1:8765/orders")
    chat.page.locator("#tool-trial textarea").fill('{"number": 12}')
    chat.page.locator("#tool-run").click()
    expect(chat.page.locator("#tool-outcome")).to_contain_text("127.0.0.1")


def test_a_model_is_downloaded_with_progress_and_then_chosen(chat):
    chat.page.locator(".banner-models").click()
    row = chat.page.locator(".model", has_text="gemma-4-e2b")
    row.get_by_role("button", name="Download").click()
    expect(row.locator("progress")).to_be_visible()
    row.get_by_role("button", name="Stop").click()
    expect(row).to_contain_text("partly here")
    row.get_by_role("button", name="Go on").click()
    row.get_by_role("button", name="Load", exact=True).click()
    expect(row.get_by_role("button", name="Unload", exact=True)).to_be_visible()


def test_a_model_is_loaded_and_unloaded(chat):
    chat.open_section("models")
    row = chat.page.locator(".model", has_text="small")
    load, unload = (row.get_by_role("button", name=name, exact=True) for name in ("Load", "Unload"))
    expect(load.or_(unload)).to_be_visible()
    if unload.is_visible():  # other tests talk with it
        unload.click()
    load.click()
    expect(row).to_contain_text("loaded")
    unload.click()
    expect(load).to_be_visible()


@pytest.mark.thorough
def test_other_numbers_are_chosen_for_what_is_loaded_next(chat):
    chat.open_section("models")
    expect(chat.page.locator("#model-list")).to_contain_text("Models run on the CPU, in float32, as asked for.")
    chat.page.locator("#numbers").get_by_label("bfloat16").check()
    expect(chat.page.locator("#model-list")).to_contain_text("in bfloat16, as asked for.")
    chat.page.locator("#numbers").get_by_label("float32").check()
    expect(chat.page.locator("#model-list")).to_contain_text("in float32, as asked for.")


def test_another_model_answers_once_it_is_chosen(chat):
    chat.choose("model", "reader")
    chat.ask("hello")
    chat.page.locator("#chat .foot summary").last.click()
    expect(chat.page.locator("#chat .foot table")).to_contain_text("reader")
