"""The usage page shows what was asked through every interface, on desktop and phone, and saves it as CSV."""

import csv
import json
import urllib.request
from datetime import datetime, timezone

import pytest
from playwright.sync_api import expect

from playground.ui.usage.prices import PriceTable, read_prices


def ask(address, path, body, **headers):
    request = urllib.request.Request(f"{address}{path}", data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.thorough)])
def test_replies_of_every_interface_are_counted_and_can_be_saved(visit, scripted_app, width):
    message = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 50}
    ask(scripted_app, "/v1/chat/completions", message, **{"X-Title": "<b>My app</b>"})
    ask(scripted_app, "/v1/messages", {"model": "scripted", **message})
    page = visit(f"{scripted_app}/usage", viewport={"width": width, "height": 900}, ready=False).page
    expect(page.locator("#usage-tiles .tile").first).to_contain_text("replies")
    expect(page.locator("#usage-callers")).to_contain_text("anthropic")
    expect(page.locator("#usage-callers")).to_contain_text("<b>My app</b>")
    expect(page.locator("#usage-models tbody th").first).to_have_text("scripted")
    with page.expect_download() as download:
        page.locator("#usage-csv").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert list(rows[0])[:5] == ["at", "interface", "app", "model", "outcome"]
    days = {datetime.fromtimestamp(float(row["at"]), timezone.utc).date() for row in rows}
    expect(page.locator("#usage-days .day")).to_have_count(len(days))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_metrics_count_replies_and_tokens(scripted_app):
    ask(scripted_app, "/v1/chat/completions", {"messages": [{"role": "user", "content": "hello"}]})
    with urllib.request.urlopen(f"{scripted_app}/metrics") as answer:
        text = answer.read().decode()
    assert 'playground_replies_total{interface="openai",model="scripted",outcome="stop"}' in text
    assert 'playground_tokens_total{interface="openai",kind="written",model="scripted"}' in text


def test_costs_are_counted_where_there_is_a_price_and_said_to_be_missing_elsewhere():
    rows = [
        {"model": "a", "prompt_tokens": 2_000_000, "completion_tokens": 1_000_000},
        {"model": "b", "prompt_tokens": 5, "completion_tokens": 5},
    ]
    price = {"model": "a", "input": 0.5, "output": 2, "source": "https://example.com", "read": "2026-01-01"}
    table = PriceTable(currency="USD", per_tokens=1_000_000, prices=[price])
    assert table.total(rows) == (3.0, ["b"])
    assert all(one.source.startswith("https://") for one in read_prices().prices)
