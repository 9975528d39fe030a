"""What survives: a reload, a restart of the server, a second tab."""

import re
import time
from urllib.request import urlopen

import PIL.Image
import pytest
from playwright.sync_api import expect

from tests.ui.conftest import served
from tests.ui.cut_line import CutLine


def test_a_reload_brings_back_the_conversation_and_the_side_panel(chat, tmp_path):
    picture = tmp_path / "red.png"
    PIL.Image.new("RGB", (120, 80), "red").save(picture)
    chat.page.locator("#system textarea").fill("Be brief")
    chat.ask("one", picture)
    reply = chat.last_reply
    chat.reload()
    assert chat.last_reply == reply
    expect(chat.questions.locator("img.picture")).to_have_count(1)
    expect(chat.page.locator("#system textarea")).to_have_value("Be brief")
    assert chat.ask("two").startswith("Question 2 'two' with 1 pictures")


@pytest.mark.thorough
def test_tabs_that_stay_open_through_a_restart_of_the_server_go_on(visit):
    with served("-m", "tests.ui.scripted_app", dies=True) as (first, _):
        chat = visit(first)
        chat.ask("one")
        reply = chat.last_reply
        busy = visit(first)
        busy.send("slowly")
        expect(busy.page.locator("#chat .bot-row").last).to_contain_text("word word")
    with served("-m", "tests.ui.scripted_app", first.rsplit(":", 1)[1]) as (second, _):
        assert second == first
        # The new server does not know the tab, so the page reloads and brings both back: the chat and the message.
        with chat.page.expect_navigation():
            chat.send("two")
        chat.wait_until_ready()
        expect(chat.box).to_have_value("two")
        assert chat.last_reply == reply
        chat.box.press("Enter")
        chat.wait_for_reply(2)
        assert chat.last_reply.startswith("Question 2 'two'")
        # The other tab misses its reply by itself; the new server has never heard of that.
        expect(busy.page.locator("#chat .failure")).to_contain_text("There is no reply to this message")
        busy.wait_until_ready()
        busy.press("edit", 0)
        expect(busy.box).to_have_value("slowly")
        busy.send("quickly")
        busy.wait_for_reply()
        assert busy.last_reply.startswith("Question 1 'quickly'")
        for tab in (chat, busy):
            tab.page.close()  # or they would miss this server, too
        chat.excuse_lost_connection()


@pytest.mark.thorough
def test_a_tab_sees_its_reply_stopped_when_the_server_is_told_to_end(visit):
    with served("-m", "tests.ui.scripted_app", ends=True) as (address, lines):
        chat = visit(address)
        chat.send("slowly")
        expect(chat.page.locator("#chat .bot-row").last).to_contain_text("word word")
    assert "Traceback" not in "".join(lines)
    expect(chat.page.locator("#chat .bot-row").last).to_contain_text("stopped before its end")
    expect(chat.page.locator("#chat .bot-row").last).to_contain_text("word word")
    chat.page.close()
    chat.excuse_lost_connection()


def test_two_tabs_keep_two_conversations(visit, scripted_app):
    first = visit(scripted_app)
    first.ask("of the first tab")
    second = visit(scripted_app, context=first.page.context)
    expect(second.questions).to_have_count(0)
    second.send("slowly of the second tab")
    assert first.ask("again").startswith("Question 2 'again'")
    second.page.keyboard.press("Escape")
    second.wait_for_reply()
    for tab, words in ((first, "of the first tab"), (second, "of the second tab")):
        tab.reload()
        expect(tab.questions.first).to_contain_text(words)


@pytest.mark.thorough
def test_a_new_tab_after_the_last_one_closed_goes_on_with_its_conversation(visit, scripted_app):
    first = visit(scripted_app)
    first.ask("remember me")
    context = first.page.context
    first.page.close()
    expect(visit(scripted_app, context=context).questions).to_contain_text("remember me")


def test_a_new_chat_starts_empty_and_the_reload_shows_it(chat):
    chat.ask("old")
    chat.page.locator("#new-chat").click()
    expect(chat.questions).to_have_count(0)
    chat.reload()
    expect(chat.questions).to_have_count(0)
    assert chat.ask("new").startswith("Question 1 'new'")


NUMBERS = [str(number) for number in range(120)]


def count_up_to(chat, number: int) -> None:
    """Wait until the growing reply has come to this number."""
    expect(chat.page.locator("#chat .bot-row").last).to_contain_text(f" {number} ")


def replies_ended(address: str) -> float:
    """How many replies the server has written to their end."""
    with urlopen(f"{address}/metrics") as answer:
        return sum(map(float, re.findall(rb"^playground_replies_total.* (\S+)$", answer.read(), re.M)))


def test_a_reload_while_a_reply_is_written_goes_on_with_it(chat):
    chat.send("count")
    count_up_to(chat, 10)
    chat.reload()
    count_up_to(chat, 30)
    chat.wait_for_reply()
    assert chat.last_reply.split() == NUMBERS
    chat.reload()
    assert chat.last_reply.split() == NUMBERS
    assert chat.ask("and now?").startswith("Question 2 'and now?'")


@pytest.mark.thorough
def test_a_reply_that_ended_while_the_page_was_gone_is_there_when_it_comes_back(chat, scripted_app):
    before = replies_ended(scripted_app)
    chat.send("count")
    count_up_to(chat, 10)
    chat.page.goto("about:blank")
    until = time.monotonic() + 60
    while replies_ended(scripted_app) == before:
        assert time.monotonic() < until
        time.sleep(0.1)
    chat.page.goto(scripted_app)
    chat.wait_until_ready()
    chat.wait_for_reply()
    assert chat.last_reply.split() == NUMBERS
    chat.excuse_lost_connection()  # that the old page was cut from


@pytest.mark.thorough
def test_a_reply_goes_on_after_the_connection_was_lost(visit, scripted_app):
    line = CutLine(scripted_app)
    chat = visit(line.url)
    chat.send("count")
    count_up_to(chat, 10)
    line.cut()
    expect(chat.page.locator("#vault-note")).to_contain_text("connection is lost")
    line.mend()
    chat.wait_for_reply()
    assert chat.last_reply.split() == NUMBERS
    assert chat.ask("and now?").startswith("Question 2 'and now?'")
    chat.page.close()  # or it would miss the line once more
    chat.excuse_lost_connection()
    line.close()


def test_what_was_typed_and_not_sent_survives_a_reload(chat):
    chat.box.press_sequentially("half a thought")
    chat.reload()
    expect(chat.box).to_have_value("half a thought")
