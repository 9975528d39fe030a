"""`/v1/replay`, with recordings of the embedded model."""

import threading

import httpx
import pytest

from playground.chat.loop import run
from playground.chat.recording import record
from playground.messages import user
from playground.options import Options
from playground.turn import Turn


@pytest.fixture(scope="module")
def recording(embedded_site):
    turn = Turn((user("Tell me about yourself."),), options=Options(seed=3, max_tokens=16))
    *_, end = run(turn, embedded_site.backend, {}, threading.Event())
    return record(turn, end)


def replay(site, body, **headers):
    return httpx.post(f"{site.url}/v1/replay", json=body, headers=headers, timeout=60)


def test_a_recording_is_written_again_and_a_change_says_where_it_differs(embedded_site, recording):
    same = replay(embedded_site, {"recording": recording}).json()
    assert (same["identical"], same["text"]) == (True, "Identical: the same 16 tokens.")
    assert same["card"]["turns"][0]["output_ids"] == recording["card"]["turns"][0]["output_ids"]
    told = replay(embedded_site, {"recording": recording, "changes": {"logprobs": True, "top_logprobs": 2}}).json()
    assert told["text"] == same["text"], "to be told more changes nothing"
    first = recording["card"]["turns"][0]["output_ids"][0]
    other = replay(embedded_site, {"recording": recording, "changes": {"logit_bias": {str(first): -100}}}).json()
    assert (other["identical"], "What went in differs too: options" in other["text"]) == (False, True)
    able = httpx.get(f"{embedded_site.url}/v1/capabilities").json()
    assert able["recordings"] == {"format": recording["format"], "version": 1, "replay": "/v1/replay"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "recording: field required"),
        ({"recording": {"format": "other"}}, "no recording"),
        ({"recording": {}, "more": 1}, "more: "),
        ({"recording": "RECORDED", "changes": {"temperature": 9}}, "between 0 and 2"),
        ({"recording": "RECORDED", "model": "elsewhere"}, "no model 'elsewhere'"),
    ],
)
def test_what_cannot_be_replayed_is_refused_by_what_is_wrong(embedded_site, recording, body, words):
    body = {name: recording if value == "RECORDED" else value for name, value in body.items()}
    answer = replay(embedded_site, body)
    assert 400 <= answer.status_code < 500, answer.text
    assert words in answer.json()["error"]["message"]


def test_hostile_cards_are_refused(embedded_site, recording):
    for spoiled in ({"remote": "x"}, {"options": {"thinking_tokens": "many"}}, {"output_ids": [None]}):
        turn = {**recording["card"]["turns"][0], **spoiled}
        answer = replay(embedded_site, {"recording": {**recording, "card": {"turns": [turn]}}})
        assert answer.status_code == 400, (spoiled, answer.text)


def test_it_asks_for_a_key_as_the_others_do(locked_site):
    assert replay(locked_site, {"recording": {}}).status_code == 401
    assert replay(locked_site, {"recording": {}}, authorization="Bearer first").status_code == 400
