"""Pictures and long texts in the composer: what is taken, and what is refused in which words."""

import base64
import re
from dataclasses import replace

import PIL.Image
import pytest
from playwright.sync_api import expect

from playground.backends.scripted import ANYTHING_GOES, ScriptedBackend
from playground.ui.seeing_models import seeing_models
from tests.ui.scripted_models import ScriptedModels


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "red.png"
    PIL.Image.new("RGB", (120, 80), "red").save(path)
    return path


def test_pictures_are_shown_in_the_question_and_reach_the_model(chat, picture, tmp_path):
    second = tmp_path / "blue.jpg"
    PIL.Image.new("RGB", (64, 64), "blue").save(second)
    assert "with 2 pictures" in chat.ask("What are these?", picture, second)
    expect(chat.questions.last.locator("img.picture")).to_have_count(2)
    width = chat.questions.last.locator("img.picture").first.evaluate(
        "async i => { await i.decode(); return i.naturalWidth }"
    )
    assert width == 120


@pytest.mark.thorough
def test_an_edited_question_keeps_its_picture(chat, picture):
    chat.ask("What is this?", picture)
    chat.press("edit", 0)
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)
    chat.send("And now?")
    expect(chat.questions).to_have_count(1)
    expect(chat.replies.last).to_contain_text("'And now?' with 1 pictures")


def test_a_pasted_picture_is_attached(chat, picture):
    chat.box.focus()
    data = list(picture.read_bytes())
    chat.page.evaluate(
        """(bytes) => {
            const file = new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" });
            const held = new DataTransfer();
            held.items.add(file);
            const event = new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true });
            document.querySelector("#composer textarea").dispatchEvent(event);
        }""",
        data,
    )
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)
    assert "with 1 pictures" in chat.ask("What is this?")


@pytest.mark.thorough
def test_a_dropped_picture_is_attached(chat, picture):
    chat.page.evaluate(
        """(bytes) => {
            const file = new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" });
            const held = new DataTransfer();
            held.items.add(file);
            const place = document.querySelector("#composer .full-container");
            for (const name of ["dragenter", "dragover", "drop"])
                place.dispatchEvent(new DragEvent(name, { dataTransfer: held, bubbles: true, cancelable: true }));
        }""",
        list(picture.read_bytes()),
    )
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)


@pytest.mark.thorough
def test_the_camera_takes_a_picture(chat):
    chat.page.locator("#snap").click()
    camera = chat.page.locator("#camera")
    camera.get_by_role("button", name="Click to Access Webcam").click()
    shutter = camera.get_by_role("button", name="capture photo")
    expect(shutter).to_be_visible()
    chat.page.wait_for_function("document.querySelector('#camera video')?.currentTime > 0.5")  # a frame has come
    shutter.click()
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)
    assert "with 1 pictures" in chat.ask("What is this?")


def test_a_picture_is_attached_by_its_address(chat, picture):
    chat.box.fill("What is this?")
    chat.page.locator("#link").click()
    url = chat.page.locator("#address-url textarea, #address-url input")
    url.fill("http://127.0.0.1:1/secret.png")
    url.press("Enter")
    expect(chat.notice).to_contain_text("secret.png cannot be fetched")
    url.fill(f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}")
    chat.page.locator("#address-attach").click()
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)
    expect(url).to_be_hidden()
    expect(chat.notice).to_be_hidden()
    chat.box.press("Enter")
    chat.wait_for_reply()
    assert "'What is this?' with 1 pictures" in chat.last_reply


def refused(chat, path, words):
    chat.attach(path)
    chat.send("What is this?")
    expect(chat.notice).to_contain_text(words)
    expect(chat.box).to_have_value("What is this?")
    expect(chat.questions).to_have_count(0)


def test_an_empty_file_is_refused_in_words(chat, tmp_path):
    path = tmp_path / "nothing.png"
    path.write_bytes(b"")
    refused(chat, path, "nothing.png is empty (0 bytes)")


def test_a_file_that_only_claims_to_be_a_picture_is_refused(chat, tmp_path):
    path = tmp_path / "fake.png"
    path.write_bytes(bytes(range(256)) * 8)
    refused(chat, path, "fake.png is not a picture")


def test_a_picture_of_400_megapixels_is_refused_before_it_is_decoded(chat, tmp_path):
    path = tmp_path / "huge.png"
    PIL.Image.new("1", (20_000, 20_000)).save(path)
    refused(chat, path, "pixels (400 megapixels). At most 64 megapixels are decoded")


def test_a_model_that_reads_text_only_says_so(chat, picture):
    chat.choose("model", "reader")
    expect(chat.page.locator("#state")).to_contain_text("reader")
    refused(chat, picture, "reader reads text only. Choose a model that sees pictures")


def test_models_that_see_are_offered_and_the_draft_goes_to_the_one_that_is_taken(chat, picture):
    chat.choose("model", "reader")
    expect(chat.page.locator("#state")).to_contain_text("reader")
    refused(chat, picture, "reads text only")
    chat.notice.get_by_role("button", name="Use scripted").click()
    expect(chat.notice).to_be_hidden()
    expect(chat.page.locator("#model input")).to_have_value("scripted")
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(1)
    chat.box.press("Enter")
    chat.wait_for_reply()
    assert chat.last_reply.startswith("Question 1 'What is this?' with 1 pictures")


def test_where_no_model_here_sees_those_that_fit_can_be_downloaded():
    reader = ScriptedBackend([], capabilities=replace(ANYTHING_GOES, name="reader", images=False))
    models = ScriptedModels(reader, absent=("gemma-3-27b", "gemma-3-4b", "gemma-4-e2b", "gemma-3-1b"))
    offered = re.findall('do-(\\w+) at-(\\d)">([^<]*)<', seeing_models(models.listings(), can_download=True))
    assert offered == [
        ("download", "3", "Download gemma-4-e2b (8.0 GB)"),
        ("download", "2", "Download gemma-3-4b (8.0 GB, needs a token)"),
    ]
    assert seeing_models(models.listings(), can_download=False) == ""


@pytest.mark.thorough
def test_a_megabyte_of_pasted_text_stays_text(chat):
    text = "lorem ipsum " * 87_400
    chat.box.focus()
    chat.page.evaluate(
        """(text) => {
            const held = new DataTransfer();
            held.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true });
            const box = document.querySelector("#composer textarea");
            if (box.dispatchEvent(event)) document.execCommand("insertText", false, text);
        }""",
        text,
    )
    expect(chat.page.locator("#composer .thumbnail-item")).to_have_count(0)
    chat.box.press("Enter")
    chat.wait_for_reply()
    assert f"of {len(text):,} characters" in chat.last_reply.replace("\n", "")


def test_a_conversation_longer_than_the_context_drops_its_beginning_and_says_so(chat):
    chat.choose("model", "small")
    for number in range(4):
        chat.ask(f"{number} " + "many words " * 40)
    assert "left out, as the context is full" in chat.last_line


def test_one_message_longer_than_the_context_is_refused_with_figures(chat):
    chat.choose("model", "small")
    chat.send("many words " * 400)
    expect(chat.page.locator("#chat .failure")).to_contain_text("the model's context is 300")
    assert chat.box.input_value().startswith("many words")


def test_a_text_file_is_read_as_text(chat, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("calculator notes " * 100)
    chat.ask("Summarise this", path)
