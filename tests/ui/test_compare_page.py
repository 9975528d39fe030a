"""The comparison page: one prompt to several columns, written together, told apart, voted on and gone on with."""

import dataclasses

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from playground.errors import CallerError
from playground.events import Finished, Usage
from playground.options import Options
from playground.ui.compare.race import Column, Standing, read_columns
from playground.ui.compare.view import differences
from tests.ui.test_craft import grave
from tests.ui.test_looks import scrolls_sideways

ENDED = Finished("stop", (), Usage(), 1)


def said(text):
    return Standing(Column("m", Options()), text, finished=ENDED)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (None, "a list of 2 to 4 columns"),
        ([{}], "a list of 2 to 4 columns"),
        ([{}, 5], "Column 2 is 5"),
        ([{}, {"temperature": 9}], "Column 2: temperature is 9: it must lie between 0 and 2"),
        ([{"colour": 1}, {}], "Column 1: There is no option called 'colour'"),
    ],
)
def test_columns_are_read_or_refused_by_number(rows, words):
    with pytest.raises(CallerError, match=words):
        read_columns(rows, "m")


def test_a_label_says_what_sets_a_column_apart():
    one, two = read_columns([{"temperature": 0, "seed": 3}, {"model": "n", "top_k": 5, "system": "Be brief"}], "m")
    assert (one.label, two.label) == ("m, temperature 0.0", "n, top_k 5, own system prompt")


def test_differences_are_told_word_by_word_and_hostile_words_stay_words():
    shown = differences([said("a red <b> cat"), said("a blue <b> cat"), said("a red <b> cat")], "ABC")
    assert "<del>red</del><ins>blue</ins>" in shown
    assert "&lt;b&gt;" in shown
    assert "C against A: the same text" in shown
    failed = dataclasses.replace(said(""), finished=None, error=CallerError("no"))
    assert "not two texts" in differences([said("a"), failed], "AB")


def test_columns_are_written_together_voted_on_and_gone_on_with(visit, scripted_app):
    chat = visit(f"{scripted_app}/compare", ready=False)
    page = chat.page
    expect(page.get_by_label("Model A")).to_have_value("scripted")
    assert not grave(chat)
    page.get_by_label("3 columns").check()
    prompt = page.locator("#compare-prompt textarea")
    prompt.fill("Which one?")
    page.locator("#compare-C").get_by_text("More settings").click()
    page.get_by_label("Other options C").fill("{nonsense}")
    page.locator("#compare-start").click()
    expect(page.get_by_role("alert")).to_contain_text("Other options C are not JSON")
    page.get_by_label("Other options C").fill('{"temperature": 0.25, "seed": 9}')
    page.get_by_label("System prompt C").fill("Be kind")
    page.locator("#compare-start").click()
    expect(page.locator("#compare-differences")).to_contain_text("C against A")
    expect(page.locator("#compare-words-A")).to_contain_text("temperature 0")
    expect(page.locator("#compare-words-C")).to_contain_text("temperature 0.25. System: Be kind.")
    expect(page.locator("#compare-state-C")).to_contain_text("seed 9")
    for _ in range(2):
        page.locator("#compare-best-C").click()
    tally = page.locator("#compare-tally")
    expect(tally).to_contain_text("This comparison has your vote already")
    expect(tally).to_contain_text("temperature 0.25, own system prompt: best in 1 of 1")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.locator("body.dark")).to_have_count(1)
    assert not scrolls_sideways(chat)
    assert not grave(chat)

    prompt.fill("slowly")
    page.locator("#compare-start").click()
    expect(page.locator("#compare-words-B")).to_contain_text("word word")
    page.locator("#compare-stop").click()
    expect(page.locator("#compare-state-B")).to_contain_text("stopped")
    expect(page.locator("#compare-words-B")).to_contain_text("word word")
    expect(page.locator("#compare-differences")).to_contain_text("C against A")  # comes with what can be used
    page.locator("#compare-use-C").click()
    chat.wait_until_ready()
    assert chat.last_reply.startswith("word word")
    expect(page.get_by_label("number input for Temperature")).to_have_value("0.25")
    expect(page.locator("#system textarea")).to_have_value("Be kind")


def test_programs_compare_too_and_one_column_s_fault_stays_its_own(scripted_app):
    columns = [{"temperature": 0.5}, {"model": "nowhere"}, {"model": "small", "seed": 5}]
    found = Client(scripted_app, verbose=False).predict(message="hello", columns=columns, api_name="/compare")
    one, two, three = found["columns"]
    assert found["done"]
    assert one["text"].startswith("Question 1 'hello' with 0 pictures, temperature 0.5")
    assert "There is no model called 'nowhere'" in two["error"]
    assert (three["model"], three["seed"], three["finish_reason"], three["cost"]) == ("small", 5, "stop", None)
