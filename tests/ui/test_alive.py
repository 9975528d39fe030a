"""A reply while it grows, its tools, and the meter that counts before anything is sent."""

import re

import PIL.Image
import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


def test_what_a_reply_waits_for_is_shown_in_its_bubble(chat):
    chat.send("wait")
    status = chat.page.locator("#live .status")
    for words in ("2 requests ahead", "Loading the model: 50%", "Reading: 40 of 80 tokens"):
        expect(status).to_contain_text(words)
    chat.wait_for_reply()
    assert chat.last_reply == "Here."


@pytest.mark.parametrize("viewport", [None, pytest.param(PHONE, marks=pytest.mark.thorough)], ids=["desktop", "phone"])
def test_answer_now_ends_the_thought_which_folds_with_its_tokens(visit, scripted_app, viewport):
    chat = visit(scripted_app, viewport=viewport)
    chat.send("ponder")
    told = re.compile(r"Thinking · \d+ tokens · [\d.]+ tokens/s · \d+ s")
    expect(chat.page.locator("#live-words")).to_contain_text(told)
    expect(chat.page.locator("#live .thought-group .content")).to_contain_text("hm hm")
    chat.page.locator("#answer-now").click()
    chat.wait_for_reply()
    assert chat.last_reply == "The answer."
    panel = chat.panel("Thought")
    expect(panel.locator(".title")).to_contain_text("tokens")
    expect(panel.locator(".duration")).to_contain_text("s")
    expect(panel.locator(".content")).to_have_count(0)
    expect(chat.page.locator("#answer-now")).to_be_hidden()


def test_a_growing_reply_leaves_the_finished_chat_alone(chat):
    """Gradio draws all of a component that changes, so a long chat would slow every token down."""
    for number in range(3):
        chat.ask(f"number {number}")
    chat.send("count")
    row = chat.page.locator("#live .bot-row")
    expect(row).to_contain_text(" 5 ")
    chat.page.evaluate(
        """() => { window.changes = 0; new MutationObserver((all) => { window.changes += all.length })
            .observe(document.querySelector("#past"), {childList: true, subtree: true, characterData: true}) }"""
    )
    expect(row).to_contain_text(" 40 ")
    assert chat.page.evaluate("window.changes") == 0
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply(4)
    assert chat.page.evaluate("window.changes") > 0


def test_a_growing_reply_is_followed_until_somebody_reads_back(chat):
    for _ in range(4):
        chat.ask("formatted")
    chat.send("slowly")
    expect(chat.page.locator("#live .bot-row")).to_contain_text("word word")
    expect(chat.page.locator("#live .bot-row")).to_be_in_viewport()
    chat.page.locator("#chat").hover()
    chat.page.mouse.wheel(0, -4000)
    expect(chat.questions.first).to_be_in_viewport()
    down = chat.page.locator("#to-end")
    expect(down).to_be_visible()
    down.click()
    expect(down).to_be_hidden()
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply(5)


def test_a_call_that_asks_first_runs_with_the_arguments_that_the_person_changed(chat):
    chat.send("switch the light on")
    expect(chat.pending).to_contain_text("The model wants to run set_light")
    arguments = chat.page.locator("#pending-arguments textarea")
    expect(arguments).to_have_value(re.compile("hall"))
    arguments.fill('{"room": "cellar"}')
    chat.page.locator("#pending-approve").click()
    expect(chat.notice).to_contain_text("These arguments cannot be used")
    arguments.fill('{"room": "kitchen"}')
    chat.page.locator("#pending-approve").click()
    chat.wait_for_reply()
    assert chat.last_reply == "The tool said: The light in the kitchen is on."
    panel = chat.panel("set_light")
    panel.locator(".title").click()
    expect(panel.locator(".content")).to_contain_text('"room": "kitchen"')
    expect(panel.locator(".content")).to_contain_text("as the model was told")


def test_citations_lead_to_the_sources_of_the_search(chat):
    chat.ask("look it up")
    row = chat.replies.last
    for number, url in ((1, "https://one.example/a%20b"), (2, "https://two.example/?q=(x)")):
        expect(row.get_by_role("link", name=f"[{number}]")).to_have_attribute("href", url)
    expect(row.locator("code", has_text="[1]")).to_have_count(1)
    chat.panel("look_up").locator(".title").click()
    expect(chat.panel("look_up").locator(".sources a")).to_have_count(2)


def test_the_meter_counts_before_anything_is_sent(chat, tmp_path):
    picture = tmp_path / "red.png"
    PIL.Image.new("RGB", (64, 64), "red").save(picture)
    chat.box.fill("a draft of five words")
    meter = chat.page.locator("#meter .meter")
    expect(meter.locator("summary")).to_contain_text("of 400,000 tokens")
    expect(meter.locator("tr", has_text="This message").locator("td")).to_have_text("6")
    chat.attach(picture)
    expect(meter.locator("tr", has_text="attached now").locator("td")).to_have_text("256")
    meter.locator("summary").click()
    expect(meter.locator("tr", has_text="attached now")).to_be_visible()


@pytest.mark.parametrize("viewport", [None, pytest.param(PHONE, marks=pytest.mark.thorough)], ids=["desktop", "phone"])
def test_the_meter_says_what_will_be_left_out_and_lets_the_person_choose(visit, scripted_app, viewport):
    chat = visit(scripted_app, viewport=viewport)
    if viewport:
        chat.page.locator("#settings").click()
    chat.choose("model", "small")
    if viewport:
        chat.page.locator("#side .toggle-button").click()
    chat.ask("word " * 150)
    chat.box.fill("word " * 120)
    expect(chat.page.locator("#meter")).to_contain_text("the oldest 2 messages will be left out")
    chat.box.press("Enter")
    chat.wait_for_reply(2)
    assert "left out, as the context is full" in chat.last_line
    if viewport:
        return
    chat.open_section("overflow")
    chat.page.locator("#overflow").get_by_label("Refuse the message").check()
    chat.send("word " * 150)
    expect(chat.page.locator("#chat .failure")).to_contain_text("context is 300")
    expect(chat.box).to_have_value("word " * 150)
    chat.page.locator("#start-summary").click()
    expect(chat.questions).to_have_count(0)
    expect(chat.box).to_have_value(re.compile("What we have talked about so far:\n- word word"))
