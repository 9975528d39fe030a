"""The app as it is started, with a tiny, random Gemma 3 that sees pictures: asked in the page and by a program."""

import PIL.Image
import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from tests.backends.tiny import save_tiny
from tests.ui.conftest import served, unforeseen

pytestmark = pytest.mark.thorough

SOFT_TOKENS = 4
"""Of one picture, for this model."""


@pytest.fixture(scope="module")
def app_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny-gemma-3"
    save_tiny("gemma3", folder)
    with served("app.py", "--model", str(folder), "--port", "0") as (url, lines):
        yield url
    assert not unforeseen(lines), "".join(lines)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    made = {"red": (120, 80), "blue": (64, 64), "long": (900, 300)}
    for name, size in made.items():
        PIL.Image.effect_noise(size, 80).convert("RGB").save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in made}


def test_a_question_about_two_pictures_is_answered_in_the_page_and_priced_before(visit, app_url, pictures):
    chat = visit(app_url)
    meter = chat.page.locator("#meter")
    chat.attach(pictures["red"], pictures["blue"])
    chat.box.fill("What are these?")
    meter.locator("summary").click()
    row = meter.locator("tr", has_text="attached now")
    expect(row).to_contain_text(str(2 * SOFT_TOKENS))
    chat.box.press("Enter")
    chat.wait_for_reply()
    expect(chat.questions.last.locator("img.picture")).to_have_count(2)
    assert "tokens" in chat.last_line


def test_crops_of_a_long_picture_are_a_choice_with_its_price(visit, app_url, pictures):
    chat = visit(app_url)
    meter = chat.page.locator("#meter")
    chat.attach(pictures["long"])
    chat.box.fill("What is it?")
    meter.locator("summary").click()
    row = meter.locator("tr", has_text="attached now")
    expect(row).to_contain_text(str(SOFT_TOKENS))
    chat.open_section("pictures")
    chat.page.locator("#side").get_by_label("Crops of long pictures").check()
    expect(row).to_contain_text(str(4 * SOFT_TOKENS))


def test_a_question_about_a_picture_is_answered_by_gradios_client_and_depends_on_the_picture(app_url, pictures):
    client = Client(app_url, verbose=False)
    asked = {"message": "What is it?", "temperature": 0, "max_tokens": 8, "logprobs": True, "top_logprobs": 5}
    replies = {}
    for name in ("red", "blue"):
        _, replies[name] = client.predict(files=[handle_file(pictures[name])], api_name="/chat", **asked)
        assert replies[name]["done"]
        assert replies[name]["usage"]["completion_tokens"] > 0
    first, other = (replies[name]["logprobs"][0] for name in ("red", "blue"))
    assert first["top_logprobs"] != other["top_logprobs"]
    both = [handle_file(pictures[name]) for name in ("red", "long")]
    count = client.predict(message="What are they?", files=both, api_name="/count_tokens")
    assert count["images"] == 2 * SOFT_TOKENS
    _, cropped = client.predict(files=both, pan_and_scan=True, api_name="/chat", **asked)
    assert len(cropped["card"]["turns"][0]["images"]) == 2 + 3


def test_a_picture_is_encoded_once_in_a_conversation(app_url, pictures):
    """The second question reads its picture from what the first one left, whose vectors are in the cache."""
    client = Client(app_url, verbose=False)
    picture = handle_file(pictures["blue"])
    message = {"message": "A first question. " * 20, "temperature": 0, "max_tokens": 4}
    client.predict(files=[picture], api_name="/chat", **message)
    _, again = client.predict(files=[picture], api_name="/chat", **message)
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] > SOFT_TOKENS
