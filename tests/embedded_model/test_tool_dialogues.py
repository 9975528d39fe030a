"""The dialogues with tools: they are what the templates write, and what is held out stays out of training."""

import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from random import Random

import pytest

from embedded_model.dialogues import DATA
from embedded_model.tool_dialogues.__main__ import main
from embedded_model.tool_dialogues.checks import WrongDialogue, check_apart, check_dialogue
from embedded_model.tool_dialogues.clock import in_zone
from embedded_model.tool_dialogues.declarations import TOOLS, usual_tools
from embedded_model.tool_dialogues.dialogue import Dialogue
from embedded_model.tool_dialogues.draw import PRIMES, Draw
from embedded_model.tool_dialogues.english import in_words
from embedded_model.tool_dialogues.messages import asks, calls, returns, says
from embedded_model.tool_dialogues.openers import decorated
from embedded_model.tool_dialogues.pools import draws
from embedded_model.tool_dialogues.results import function_for, result_of
from embedded_model.tool_dialogues.rules import worked_out
from embedded_model.tool_dialogues.sums import about, value_of
from embedded_model.tool_dialogues.template import choose, fill, lowered, names_of, show, split_fixed
from embedded_model.tool_dialogues.text_files import HELD_OUT, read_blocks, read_lists
from embedded_model.tool_dialogues.writer import lines, write_dialogues

WEATHER = {
    "name": "weather",
    "parameters": {"properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]},
}
GOOD = Dialogue(
    "single",
    [WEATHER],
    [asks("And Oslo?"), calls(("weather", {"city": "Oslo"})), returns("weather", "rain"), says("It rains.")],
)


@pytest.fixture
def draw():
    return draws(3)[0]


@pytest.fixture
def held_out_draw():
    return draws(3)[1]


# All that is written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("tool_dialogues")
    main(["--out", str(out)])
    return out


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name", ["tools.jsonl", "tools_more.jsonl", "tools_third.jsonl", "tools_fourth.jsonl", "tools_heldout.jsonl"]
)
def test_the_file_is_what_the_templates_write(folder, name):
    assert (folder / name).read_bytes() == (DATA / name).read_bytes()


def test_another_seed_writes_something_else():
    one, other = (list(lines(write_dialogues(20, 20, seed)[0], "tools")) for seed in (1, 2))
    assert one != other
    assert one == list(lines(write_dialogues(20, 20, 1)[0], "tools"))


# The language of templates


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("[Hi|Hello] there", {"Hi there", "Hello there"}),
        ("now[ please|]", {"now please", "now"}),
        ("It is 5 m [2].", {"It is 5 m [2]."}),
    ],
)
def test_one_of_each_group_of_alternatives_is_taken(text, possible, draw):
    assert {choose(text, draw) for _ in range(50)} == possible


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("a {x} day", {"x": "icy"}, "an icy day"),
        ("a {x} day", {"x": "wet"}, "a wet day"),
        ("A {x} ({y})", {"x": 8, "y": 18}, "An 8 (18)"),
        ("{n:pl day}, {m:pl day}", {"n": 1, "m": 3}, "1 day, 3 days"),
        ("{n:pl person/people}", {"n": 2}, "2 people"),
        ("{x.y} {z0}", {"x.y": "Oslo", "z0": 1.5}, "Oslo 1.5"),
        ("{x:low:a}", {"x": "Apple pie"}, "an apple pie"),
    ],
)
def test_slots_are_filled(text, values, filled):
    assert fill(text, values) == filled


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        ("hour", "a", "an hour"),
        ("university", "a", "a university"),
        ("olive oil with herbs", "an", "olive oil with herbs"),
        ("glass", "an", "a glass"),
        ("scissors", "an", "scissors"),
        ("Friday", "on", "on Friday"),
        ("tomorrow", "on", "tomorrow"),
        ("7 pm", "on", "at 7 pm"),
        ("James", "pos", "James'"),
        ("Anna", "pos", "Anna's"),
        (3.0, "mon", "3"),
        (3.5, "mon", "3.50"),
        (["a", "b", "c"], "", "a, b and c"),
        (["a", "b"], "or", "a or b"),
        (True, "", "yes"),
        (True, "raw", "true"),
        (-4, "abs", "4"),
        (["Mix.", "Bake."], "steps", "1. Mix. 2. Bake."),
        ("Museum of Bread", "slug", "museum-of-bread"),
        ("wrong_size", "us", "wrong size"),
    ],
)
def test_a_value_is_shown_in_its_form(value, form, shown):
    assert show(value, form) == shown


def test_small_letters_leave_the_slots_alone():
    assert lowered("Find {~City2:cap} in {Place} NOW") == "find {~City2:cap} in {Place} now"


def test_fixed_arguments_are_split_off():
    assert split_fixed("Lights on || state=on, level=5, slow=false") == (
        "Lights on",
        {"state": "on", "level": 5, "slow": False},
    )


def test_parts_of_a_result_have_flat_names():
    found = names_of({"hits": [{"name": "Oslo"}], "top": {"pay": 3}, "steps": ["a"]}, "r.")
    assert (found["r.hits0.name"], found["r.top.pay"], found["r.steps0"]) == ("Oslo", 3, "a")


def test_numbers_are_written_in_words():
    assert [in_words(number) for number in (7, 40, 62, 105, 2300)] == [
        "seven",
        "forty",
        "sixty-two",
        "one hundred and five",
        "two thousand three hundred",
    ]


# Results


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ('x = "sent"', "sent"),
        ("x = true", "True"),
        ("x = {city}", "Oslo"),
        ("x = {days} or 5", "5"),
        ("x = {number} * 2..3", "8|12"),
        ("x = {number} + 2..3", "6|7"),
        ("x = 3..9", "[3-9]"),
        ("x = -1.50..1.50", r"-?[01](\.\d\d?)?"),
        ('x = one of ["gold", "tin"]', "gold|tin"),
        ("x = code AB-@##", "AB-[A-Z]\\d\\d"),
        ("x = clock 7..9", "0[789]:\\d[05]"),
        ("x = price 5..6", r"[56](\.\d\d?)?"),
        ("x = day", "\\d+ [A-Z][a-z]+"),
        ('x = "To {city}, {~weekday}"', "To Oslo, [A-Z][a-z]+day"),
    ],
)
def test_a_line_says_how_a_field_is_worked_out(rule, pattern, draw):
    for _ in range(20):
        value = worked_out([rule], {"city": "Oslo", "number": 4}, draw)["x"]
        assert re.fullmatch(pattern, str(value))


def test_a_field_with_a_question_mark_is_there_only_if_it_was_given(draw):
    rules = ["at? = {place}", "ok = true"]
    assert worked_out(rules, {}, draw) == {"ok": True}
    assert worked_out(rules, {"place": "Oslo"}, draw) == {"at": "Oslo", "ok": True}


def test_every_tool_has_one_way_to_a_result():
    assert [name for name, tool in TOOLS.items() if tool.standard == bool(tool.rules or function_for(name))] == []
    assert [name for name, tool in TOOLS.items() if tool.rules and function_for(name)] == []


def test_a_result_of_a_tool_that_the_files_do_not_describe_fails(draw):
    with pytest.raises(ValueError, match="neither lines under `result` nor a function"):
        result_of(replace(TOOLS["set_timer"], name="set_nothing", rules=()), {}, draw)


@pytest.mark.parametrize(
    ("expression", "value", "said"),
    [("2 * 3", 6, "6"), ("7 / 2", 3.5, "3.5"), ("10 / 3", 3.333333, "about 3.33"), ("6 / 2", 3, "3")],
)
def test_sums_are_right(expression, value, said):
    assert (value_of(expression), about(expression)) == (value, said)


@pytest.mark.parametrize(
    ("moment", "time"),
    [((2025, 3, 30, 0, 59), "01:59"), ((2025, 3, 30, 1, 0), "03:00"), ((2025, 12, 1, 8, 0), "09:00")],
)
def test_clocks_change_as_listed(moment, time):
    assert in_zone(datetime(*moment, tzinfo=timezone.utc), "Europe/Paris").time == time


# What is held out


def test_no_tool_is_in_both_files(draw, held_out_draw):
    assert not set(usual_tools(draw)) & set(usual_tools(held_out_draw))


def test_numbers_and_codes_of_calls_differ(draw, held_out_draw):
    numbers, held_out = ([one.argument(2, 900) for _ in range(300)] for one in (draw, held_out_draw))
    assert set(held_out) <= set(PRIMES)
    assert not set(numbers) & set(PRIMES)
    codes, held_out_codes = ({one.code("@##") for _ in range(300)} for one in (draw, held_out_draw))
    assert not codes & held_out_codes


@pytest.mark.parametrize("file", ["openers", "small_talk", "questions", "writing", "failures", "names", "food", "work"])
def test_no_word_or_wording_is_in_both_lists(file):
    lists = read_lists(file)
    pairs = [key for key in lists if key + HELD_OUT in lists and key != "auction_flowers"]
    assert pairs
    assert [key for key in pairs if set(lists[key]) & set(lists[key + HELD_OUT])] == []


def test_openers_of_training_do_not_occur_in_held_out_requests(held_out_draw):
    opened = {decorated("Tell me more.", "Tell me more.", held_out_draw, lower=False) for _ in range(300)}
    assert "Go ahead and tell me more." in opened
    assert not any(text.startswith(("Hi, ", "Could you")) or text.endswith("Thanks!") for text in opened)


# The checks can fail


def with_messages(*messages):
    return replace(GOOD, messages=[*messages])


def test_a_good_dialogue_passes():
    check_dialogue(GOOD)
    check_dialogue(replace(GOOD, messages=[{"role": "system", "content": "Be brief."}, *GOOD.messages]))


ASKED, CALLED, RETURNED, SAID = GOOD.messages


@pytest.mark.parametrize(
    ("dialogue", "problem"),
    [
        (replace(GOOD, tools=[WEATHER, WEATHER]), "same name"),
        (with_messages(ASKED, CALLED, RETURNED), "no answer"),
        (with_messages(ASKED, CALLED, SAID), "A message of assistant after one of assistant"),
        (with_messages(ASKED, RETURNED, SAID), "without its call"),
        (with_messages(ASKED, CALLED, returns("weather", ""), SAID), "returns nothing"),
        (with_messages(ASKED, calls(("clock", {})), returns("clock", "9"), SAID), "not declared"),
        (with_messages(ASKED, calls(("weather", {})), RETURNED, SAID), "city is missing"),
        (with_messages(ASKED, calls(("weather", {"city": 3})), RETURNED, SAID), "should be of type string"),
        (with_messages(ASKED, calls(("weather", {"city": "a", "days": True})), RETURNED, SAID), "of type integer"),
        (with_messages(ASKED, calls(("weather", {"city": "a", "at": "b"})), RETURNED, SAID), "at is not declared"),
        (with_messages(asks("And {city}?"), SAID), "slot was not filled"),
        (with_messages(asks("[And|Or] Oslo?"), SAID), "Alternatives"),
        (with_messages(ASKED, says("It rains .")), "space before"),
        (with_messages(ASKED, says("It is None.")), "as Python writes"),
        (with_messages(ASKED, says(" It rains.")), "Space around"),
    ],
)
def test_a_wrong_dialogue_does_not_pass(dialogue, problem):
    with pytest.raises(WrongDialogue, match=problem):
        check_dialogue(dialogue)


OTHER = Dialogue(
    "single",
    [{**WEATHER, "name": "tides"}],
    [asks("Tides in Whitby?"), calls(("tides", {"city": "Whitby"})), returns("tides", "low"), says("It is low.")],
)


def test_files_that_share_nothing_pass():
    check_apart([GOOD], [OTHER])


@pytest.mark.parametrize(
    ("held_out", "problem"),
    [
        (replace(OTHER, tools=[WEATHER]), r"Tools in both files: \['weather'\]"),
        (replace(OTHER, messages=[asks("x"), calls(("tides", {"city": "OSLO"}))]), r"Values in both files: \['oslo'\]"),
        (replace(OTHER, messages=[asks("and oslo?"), says("Yes.")]), r"Requests in both files: \['and oslo\?'\]"),
    ],
)
def test_files_that_share_something_do_not_pass(held_out, problem):
    with pytest.raises(WrongDialogue, match=problem):
        check_apart([GOOD], [held_out])


# The text files


@pytest.mark.parametrize("line", ["no key", "{~x}: y"])
def test_a_line_that_is_neither_key_nor_item_is_named(tmp_path, line):
    path = tmp_path / "tools.txt"
    path.write_text(f"## one\nasks:\n  Hi.\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 4: neither a key nor an item"):
        read_blocks(str(path))


def test_blocks_have_items_by_key(tmp_path):
    path = tmp_path / "tools.txt"
    path.write_text("# A remark.\n## one\ncan: go\nasks:\n  # Hi: there\n  Go!\n\n## two\ncan: run\n", encoding="utf-8")
    one, two = read_blocks(str(path))
    assert (one.name, one.one("can"), one.all("asks")) == ("one", "go", ["# Hi: there", "Go!"])
    assert (two.name, two.one("says", "-"), two.all("asks")) == ("two", "-", [])
    with pytest.raises(ValueError, match="one has 2 items under 'asks'; it may have one"):
        one.one("asks")


def test_each_value_comes_up_once_before_any_comes_again():
    draw = Draw(Random(1), {}, held_out=False)
    assert [sorted(draw.next_of("x", "abc") for _ in range(3)) for _ in range(5)] == [["a", "b", "c"]] * 5
    assert sorted(draw.least_used("y", "abc") for _ in range(6)) == list("aabbcc")


def test_a_dialogue_is_one_line_of_json():
    (line,) = lines([GOOD], "tools")
    assert json.loads(line)["id"] == "tools-single-0001"
