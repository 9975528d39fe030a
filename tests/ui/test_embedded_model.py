"""The app as people start it, with the embedded model: from the first click to the answer."""

import json
import re
import subprocess
import sys
import urllib.request

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from playground.ui.inside.recordings import read
from tests.ui.conftest import ROOT, served, unforeseen
from tests.ui.test_craft import grave
from tests.ui.test_looks import PHONE, scrolls_sideways


@pytest.fixture(scope="module")
def embedded_app():
    with served("app.py", "--model", "embedded", "--port", "0") as (url, lines):
        yield url
    assert not unforeseen(lines), "".join(lines)


@pytest.fixture
def chat(visit, embedded_app):
    chat = visit(embedded_app)
    chat.set_option("number input for Temperature", "0")
    return chat


def test_it_answers_with_its_speed_below(chat):
    assert len(chat.ask("Hello! Who are you?")) > 5
    assert "tokens/s" in chat.last_line


def test_it_calls_the_calculator_and_answers_with_the_result(chat):
    reply = chat.ask("What is 48 * 17?")
    panel = chat.panel("calculator")
    panel.locator(".title").click()
    expect(panel.locator(".content")).to_contain_text("816")
    expect(panel.locator(".copy_code_button .check").first).to_have_css("opacity", "0")  # not copied yet
    assert "816" in reply


@pytest.mark.thorough
def test_it_thinks_when_it_is_asked_to(chat):
    chat.page.locator("#side").get_by_label("On", exact=True).check()
    chat.ask("Anna has 12 apples and gives away 5. How many are left?")
    expect(chat.panel("Thought")).to_be_visible()
    chat.page.locator("#side").get_by_label("Off", exact=True).check()
    chat.ask("And if she gives away 3 more?")
    expect(chat.replies.last.locator(".thought-group", has_text="Thought")).to_have_count(0)


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_reply(chat):
    chat.page.locator("#reset").click()
    chat.page.locator("#dice").click()
    first = chat.ask("Tell me something about yourself.")
    chat.page.locator("#new-chat").click()
    expect(chat.questions).to_have_count(0)
    assert chat.ask("Tell me something about yourself.") == first


def test_a_tool_made_in_the_page_is_called(chat):
    chat.open_section("tool-editor")
    chat.page.locator("#tool-save").click()
    expect(chat.page.locator("#tools").get_by_label("find order")).to_be_checked()
    for name in ("calculator", "current time", "web search", "fetch page"):
        chat.page.locator("#tools").get_by_label(name).uncheck()
    chat.choose("tool-choice", "At least one call")
    chat.send("Where is my order number 1234?")
    expect(chat.pending).to_contain_text("find_order")
    expect(chat.pending).to_contain_text('"number"')
    chat.page.locator("#pending-result textarea").fill("Sent yesterday, arrives on Monday.")
    chat.page.locator("#pending-answer").click()
    chat.wait_for_reply()
    chat.panel("find_order").locator(".title").click()
    expect(chat.panel("find_order").locator(".content")).to_contain_text("arrives on Monday")


def test_health_tells_that_the_model_is_loaded(embedded_app):
    with urllib.request.urlopen(f"{embedded_app}/health") as answer:
        health = json.load(answer)
    assert (health["status"], health["loaded"]) == ("ok", ["embedded"])
    assert re.match("own kernels for|torch's operators", health["computing"]["embedded"])


def test_the_api_repeats_itself_for_a_seed(embedded_app):
    client = Client(embedded_app, verbose=False)
    asked = {"message": "Tell me something about yourself.", "seed": 4, "max_tokens": 40, "api_name": "/chat"}
    first, reply = client.predict(**asked)
    second, _ = client.predict(**asked)
    assert first == second
    assert reply["seed"] == 4
    assert reply["card"]["turns"]


@pytest.mark.thorough
def test_a_recording_is_replayed_by_the_api_and_by_a_fresh_process(embedded_app, tmp_path):
    client = Client(embedded_app, verbose=False)
    asked = {"message": "What is 48 * 17?", "tools": ["calculator"], "seed": 4, "max_tokens": 60}
    _, reply = client.predict(**asked, recording=True, api_name="/chat")
    text, found = client.predict(recording=reply["recording"], inside=True, api_name="/replay")
    assert text.startswith("Identical: the same ")
    assert found["identical"]
    first, *_ = found["inside"]
    assert [token["id"] for token in first["tokens"]] == found["card"]["turns"][0]["output_ids"]
    assert (first["tokens"][-1]["read"], first["prompt"][:5]) == ("call of calculator complete", "<bos>")
    other = {"logit_bias": {str(first["tokens"][0]["id"]): -100}}
    text, found = client.predict(recording=reply["recording"], changes=other, api_name="/replay")
    assert text.startswith("Token 0 of model turn 1 differs")
    assert "What went in differs too: options" in text
    assert isinstance(found["token"], int)
    file = tmp_path / "reply.json"
    file.write_text(json.dumps(reply["recording"]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "app.py", "--replay", str(file)], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.stdout.startswith("Identical: the same "), done.stderr
    assert done.returncode == 0


def test_what_is_no_recording_is_refused_by_what_is_wrong(embedded_app):
    with pytest.raises(AppError, match="This is no recording of a reply"):
        Client(embedded_app, verbose=False).predict(recording={"format": "other"}, api_name="/replay")


@pytest.mark.thorough
def test_a_reply_is_replayed_saved_linked_and_opened_elsewhere(chat, visit):
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first = chat.ask("What is 48 * 17?")
    chat.reload()  # the recording is the browser's, not the server's
    chat.press("card", 0)
    said = page.locator("#inside-said")
    expect(page.locator("#inside .facts")).to_contain_text("calculator")
    page.locator("#inside-replay").click()
    expect(said).to_contain_text("Identical: the same ")
    with page.expect_download() as download:
        page.locator("#inside-save").click()
    document = json.loads(download.value.path().read_text())
    assert read(document).model == "embedded"
    page.locator("#inside-link").click()
    expect(said).to_contain_text("no server stores it")
    expect_copied(page)
    link = page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Escape")
    expect(page.locator("#inside")).not_to_be_visible()

    other = visit(link, viewport=PHONE, scheme="dark")
    expect(other.notice).to_contain_text("This is a recorded reply with its settings")
    assert other.last_reply == first
    assert "#card" not in other.page.url
    other.press("card", 0)
    expect(other.page.locator("#inside .facts")).to_be_visible()
    assert not scrolls_sideways(other)
    other.page.locator("#inside-mine input").check()
    other.page.locator("#inside-replay").click()
    expect(other.page.locator("#inside-said")).to_contain_text("Identical: the same ")
    assert other.page.locator("#seed textarea, #seed input").input_value() == str(read(document).turn.options.seed)

    other.page.get_by_role("tab", name="Tokens").click()
    token = other.page.locator(".tok", has_text="4").first
    token.hover()
    other.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert not grave(other)
    expect(other.page.locator("#token-info")).to_contain_text("read as arguments")
    other.page.locator("#token-info .alternatives button").first.click()
    expect(other.page.locator("#inside")).not_to_be_visible()
    expect(other.page.locator("#chat .foot")).to_have_count(1)
    expect(other.page.locator("#library-list .conversation")).to_have_count(2)
    other.wait_for_reply()


def expect_copied(page):
    """The clipboard is written after the page says that there is a link."""
    for _ in range(100):
        if "#card=" in page.evaluate("navigator.clipboard.readText()"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("no link was copied")
