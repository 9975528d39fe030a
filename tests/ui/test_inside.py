"""A reply's recording between server and browser: pictures apart, as a link, and as a conversation again."""

import base64
import hashlib
import json
import threading
import zlib

import pytest

from playground.backends.scripted import ScriptedBackend, calls, says
from playground.chat.loop import run
from playground.chat.recording import record
from playground.errors import CallerError
from playground.grammar import Choice, JsonSchema
from playground.messages import system, user
from playground.options import Options
from playground.run_card import Setting, make_card
from playground.turn import Turn
from playground.ui.importing import read_import
from playground.ui.inside.recordings import (
    LONGEST_LINK,
    opened,
    read_link,
    with_pictures,
    without_pictures,
    write_link,
)
from playground.ui.options_panel import shown_options
from playground.ui.transcript import load
from tests.chat.test_recording import picture
from tests.ui.test_options_panel import build
from tools.calculator import calculator

SETTING = Setting("embedded", "gemma3", "abc", "hash", "cpu", "float32")


class Carded(ScriptedBackend):
    """Scripted, with a run card for each model turn."""

    def _finished(self, turn, said, reason):
        end = super()._finished(turn, said, reason)
        card = make_card(
            SETTING,
            prompt_ids=[2, 3],
            images=[],
            options=turn.options,
            grammar=None,
            output_ids=[5, 6],
            reason=end.reason,
            usage=end.usage,
            calls=end.pending,
        )
        return type(end)(end.reason, end.messages, end.usage, end.seed, end.stop, end.pending, card)


def recorded(*messages, **options):
    backend = Carded(calls("calculator", {"expression": "6*7"}), says("It is 42."))
    tool = calculator()
    turn = Turn(messages or (system("Be brief"), user("6*7?")), (tool.spec,), Options(seed=7, **options))
    *_, end = run(turn, backend, {"calculator": tool}, threading.Event())
    return json.loads(json.dumps(record(turn, end)))


def test_a_recording_becomes_a_conversation_with_its_settings_and_results_again():
    [kept] = read_import(recorded(temperature=0.5, stop=("x", "y")), None)
    [exchange] = load(kept["exchanges"], kept["images"]).exchanges
    assert exchange.question.text == "6*7?"
    assert [message.role for message in exchange.answer] == ["assistant", "tool", "assistant"]
    assert exchange.answer[1].parts[0].text == "6*7 = 42"
    assert exchange.written.text == "It is 42."
    assert (exchange.note.model, exchange.note.seed) == ("embedded", 7)
    assert list(kept["runs"]) == kept["run_ids"] == [exchange.note.run]
    assert (kept["settings"]["system"], kept["settings"]["tools"]) == ("Be brief", ["calculator"])
    assert (kept["settings"]["options"]["temperature"], kept["settings"]["options"]["stop"]) == (0.5, "x\ny")


def test_pictures_are_kept_once_and_come_back_into_the_recording():
    image = picture()
    document = recorded(user(image, "6*7?"))
    small = without_pictures(document)
    assert image.digest in json.dumps(small)
    assert with_pictures(small, {image.digest: image}) == document
    with pytest.raises(CallerError, match="no longer has a picture"):
        with_pictures(small, {})
    kept = opened(document)
    assert list(kept["images"]) == [image.digest]
    with pytest.raises(CallerError, match="cannot hold pictures"):
        write_link(document)


def test_a_link_holds_the_whole_recording_and_a_long_chat_is_told_to_be_a_file():
    document = recorded()
    assert read_link(write_link(document)) == document
    noise = "".join(hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(1000))
    with pytest.raises(CallerError, match=f"beyond {LONGEST_LINK:,}. Save the recording as a file"):
        write_link(recorded(user(noise)))


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("%%%", "damaged"),
        (packed(b"not json"), "damaged"),
        (packed(b"[" * 100_000), "damaged"),
        (packed(b"0" * 9_000_000), "more than a text chat"),
        (packed(b"{}" * 400)[:-9], "cut off|damaged"),
        ("A" * (LONGEST_LINK + 1), "the limit is"),
    ],
)
def test_a_hostile_link_is_refused_by_what_is_wrong(link, words):
    with pytest.raises(CallerError, match=words):
        read_link(link)


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(seed=5, stop=("a", "b"), logit_bias={7: -2.5}, max_tokens=9, thinking_tokens=4, thinking="on"),
        Options(response_format=JsonSchema({"type": "object"}), tool_choice=Choice("named", "calculator")),
        Options(tool_choice=Choice("required"), logprobs=True, top_logprobs=3, temperature=0),
    ],
)
def test_the_side_panel_shows_recorded_options_so_that_it_reads_the_same_again(options):
    panel = build().options
    assert panel.read(panel.restored(shown_options(options))) == options
