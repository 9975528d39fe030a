"""The documents page: pages are chosen and priced, answers link to them, and the endpoints do the same."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from tests.chat.test_documents import make_pdf
from tests.ui.test_craft import grave


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("documents") / "report.pdf"
    path.write_bytes(make_pdf("The harbour.", "It opened in 1881.", "The end."))
    return path


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), pytest.param(1440, "light", marks=pytest.mark.thorough)])
def test_an_answer_links_to_the_page_it_cites(visit, scripted_app, report, width, scheme):
    chat = visit(f"{scripted_app}/documents", viewport={"width": width, "height": 900}, scheme=scheme, ready=False)
    page = chat.page
    expect(page.locator("#documents-model input")).to_have_value("scripted")
    page.locator("#documents-start").click()
    expect(page.get_by_role("alert")).to_contain_text("no document yet")
    page.locator("#documents-file input[type=file]").set_input_files(report)
    expect(page.locator("#documents-cost")).to_contain_text("Pages 1-3 of 3")
    expect(page.locator("#documents-paper img")).to_have_count(3)
    page.get_by_label("Pages", exact=True).fill("2-9")
    page.get_by_label("Question").click()
    expect(page.locator("#documents-cost")).to_contain_text("no page 2-9")
    page.get_by_label("Pages", exact=True).fill("2-3")
    page.get_by_label("Question").fill("When did it open?")
    page.locator("#documents-start").click()
    expect(page.locator("#documents-state")).to_contain_text("Reading 50 %")
    link = page.locator("#documents-answer").get_by_role("link", name="[p. 2]")
    expect(link).to_be_visible()
    expect(page.locator("#documents-state")).to_contain_text("written")
    expect(page.locator("#documents-answer")).to_contain_text("[p. 77]")
    expect(page.locator("#documents-answer a")).to_have_count(1)
    expect(page.locator("#documents-paper section")).to_have_count(2)
    link.click()
    expect(page.locator("#page-2")).to_be_focused()
    expect(page.locator("#page-2")).to_be_in_viewport()
    assert not grave(chat)
    page.get_by_label("Question").fill("And then?")
    page.locator("#documents-start").click()
    expect(page.locator("#documents-answer h4")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_endpoints_answer_price_and_refuse(scripted_app, report, tmp_path):
    client = Client(scripted_app, verbose=False)
    answer = client.predict(handle_file(str(report)), "When?", pages="2", api_name="/ask_document")
    assert (answer["done"], answer["cited"]) == (True, [2, 77])
    text = client.predict(handle_file(str(report)), "When?", pages="2", api_name="/document_cost")
    both = client.predict(handle_file(str(report)), "When?", pages="2-3", how="both", api_name="/document_cost")
    assert (text["images"], both["images"], both["pages"], both["of_pages"]) == (0, 512, [2, 3], 3)
    with pytest.raises(AppError, match="reads text only"):
        client.predict(handle_file(str(report)), "?", how="pictures", model="reader", api_name="/ask_document")
    with pytest.raises(AppError, match="context"):
        client.predict(handle_file(str(report)), "word " * 400, model="small", api_name="/ask_document")
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(make_pdf("x", password="secret"))
    with pytest.raises(AppError, match=r"locked\.pdf is locked with a password"):
        client.predict(handle_file(str(locked)), "?", api_name="/ask_document")
