"""The reliability page tries a tool on many phrasings, can be stopped, and says what is wrong with its input."""

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

PHRASINGS = 'Where is my order? -> {"number": 12}\nthe other order -> {"number": 13}\nHello -> no call'


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.thorough)])
def test_phrasings_are_tried_and_judged(visit, scripted_app, width):
    page = visit(f"{scripted_app}/reliability", viewport={"width": width, "height": 900}, ready=False).page
    expect(page.locator("#reliability-model input")).to_have_value("scripted")
    page.locator("#reliability-phrasings textarea").fill(PHRASINGS)
    page.locator("#reliability-start").click()
    expect(page.locator("#reliability-state")).to_contain_text("3 of 3")
    expect(page.locator("#reliability-outcomes tbody tr")).to_have_count(3)
    expect(page.locator("#reliability-outcomes tr.right")).to_have_count(2)
    expect(page.locator("#reliability-shares")).to_contain_text("50%")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_endpoint_streams_scores_and_refuses_what_is_no_tool(scripted_app):
    client = Client(scripted_app, verbose=False)
    tool = (
        '{"name": "find_order", "description": "Look up.", "parameters": {"type": "object", '
        '"properties": {"number": {"type": "integer"}}}}'
    )
    found = client.predict(tool=tool, phrasings=PHRASINGS, api_name="/tool_reliability")
    assert (found["done"], found["total"]) == (3, 3)
    assert found["score"]["called_when_needed"] == 1
    assert found["score"]["exact_arguments"] == 0.5
    with pytest.raises(AppError, match="Line 1, column 2"):
        client.predict(tool="{", phrasings=PHRASINGS, api_name="/tool_reliability")
