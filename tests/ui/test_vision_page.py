"""The vision page: a task is done and drawn, costs are told before, and the endpoints do the same."""

import json

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from playground.ui.examples import PICTURES
from tests.ui.test_craft import grave

SHAPES = PICTURES / "shapes.png"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), pytest.param(1440, "light", marks=pytest.mark.thorough)])
def test_things_are_found_and_drawn_on_the_picture(visit, scripted_app, tmp_path, width, scheme):
    chat = visit(
        f"{scripted_app}/vision", viewport={"width": width, "height": 900}, scheme=scheme, ready=False
    )  # fmt: skip
    page = chat.page
    expect(page.locator("#vision-model input")).to_have_value("scripted")
    page.locator("#vision-start").click()
    expect(page.get_by_role("alert")).to_contain_text("no picture yet")
    broken = tmp_path / "broken.png"
    broken.write_text("no pixels")
    page.locator("#vision-image input[type=file]").set_input_files(broken)
    expect(page.locator("#vision-seen")).to_contain_text("broken.png is not a picture")
    page.locator("#vision-image .icon-button-wrapper button").last.click()
    page.locator("#vision-image input[type=file]").set_input_files(SHAPES)
    expect(page.locator("#vision-seen")).to_contain_text("256")
    page.get_by_label("Find", exact=True).check()
    page.get_by_label("What to find").fill("all shapes")
    page.locator("#vision-start").click()
    expect(page.locator("#vision-state")).to_contain_text("written")
    expect(page.locator("#vision-drawn rect")).to_have_count(2)
    rect = page.locator("#vision-drawn rect").first.evaluate(
        "(r) => ['x', 'y', 'width', 'height'].map((a) => +r.getAttribute(a))"
    )
    assert rect == [64, 48, 192, 192]
    expect(page.locator("#vision-drawn tbody th").nth(1)).to_have_text("<b>star</b>")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as COCO").click()
    coco = json.loads(saved.value.path().read_text())
    assert [one["name"] for one in coco["categories"]] == ["circle", "<b>star</b>"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert not grave(chat)


def test_a_long_answer_is_shown_as_it_grows_and_can_be_stopped(visit, scripted_app):
    page = visit(f"{scripted_app}/vision", ready=False).page
    expect(page.locator("#vision-model input")).to_have_value("scripted")
    page.locator("#vision-image input[type=file]").set_input_files(SHAPES)
    page.get_by_label("Prompt", exact=True).fill("slowly")
    page.locator("#vision-start").click()
    expect(page.locator("#vision-words")).to_contain_text("word word")
    page.locator("#vision-stop").click()
    expect(page.locator("#vision-state")).to_contain_text("stopped")
    expect(page.locator("#vision-words")).to_contain_text("word word")


def test_the_endpoints_find_foresee_and_refuse(scripted_app):
    client = Client(scripted_app, verbose=False)
    picture = handle_file(str(SHAPES))
    assert "find" in [one["name"] for one in client.predict(api_name="/vision_tasks")]
    found = client.predict(picture, task="find", text="all shapes", api_name="/vision")
    assert found["done"]
    assert found["value"][0]["box_2d"] == [100, 100, 500, 400]
    assert (found["boxes"]["width"], found["boxes"]["boxes"][0]["x0"]) == (640, 64)
    assert found["boxes"]["coco"]["annotations"][0]["bbox"] == [64, 48, 192, 192]
    cost = client.predict(picture, task="caption", api_name="/vision_cost")
    assert (cost["image_tokens"], cost["budget"], cost["view"]) == (256, 256, [640, 480])
    with pytest.raises(AppError, match="reads text only"):
        client.predict(picture, task="caption", model="reader", api_name="/vision")
    with pytest.raises(AppError, match="no task 'paint'"):
        client.predict(picture, task="paint", api_name="/vision")
    with pytest.raises(AppError, match="1 labels"):
        client.predict(picture, task="label", text="one", api_name="/vision_cost")
