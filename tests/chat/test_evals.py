"""Evals: cases are read from hostile files, answers judged, runs kept, stopped and gone on with."""

import io
import json
import threading
import zipfile
from dataclasses import replace

import PIL.Image
import pytest

from playground.backends.scripted import ANYTHING_GOES, ScriptedBackend, calls, says
from playground.chat.evals.cases import Case, Check, from_json, read_cases, to_json
from playground.chat.evals.checks import judged
from playground.chat.evals.runner import EvalRunner
from playground.chat.evals.store import EvalStore, Result
from playground.chat.evals.summary import as_csv, as_json, by_category, differences, figures
from playground.chat.evals.text_set import text_set
from playground.chat.evals.vision_set import vision_set
from playground.chat.metered import Meter
from playground.errors import CallerError, PlaygroundError, ServerError
from playground.events import Failed
from playground.images import read_image, read_kept_image
from tools.calculator import calculator


def png():
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


def zipped(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return file.getvalue()


def read(name, text, **images):
    return read_cases(name, text if isinstance(text, bytes) else text.encode(), read_image, images)


def test_cases_come_from_csv_json_lines_and_a_zip_with_pictures():
    (one, two) = read("a.csv", 'prompt,expected,check,category\n"A, b?",Rome|Italy,,x\n3+4?,7,number,\n')
    assert (one.prompt, one.category, one.check) == ("A, b?", "x", Check("contains", ["Rome", "Italy"]))
    assert (two.id, two.category, two.check) == ("2", "all", Check("number", 7.0))
    row = {"prompt": "Who?", "check": "json", "expected": {"name": "Ada"}, "schema": {"type": "object"}}
    (three,) = read("a.jsonl", json.dumps(row) + "\n\n")
    assert (three.check.expected, three.schema) == ({"name": "Ada"}, {"type": "object"})
    (four,) = read("a.zip", zipped(cases__csv="prompt,expected,image\nColour?,red,red.png\n", red__png=png()))
    assert four.images[0].width == 8
    for case in (one, two, three, four):
        assert from_json(to_json([case]), read_kept_image) == (case,)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "x", "no list of cases"),
        ("a.csv", "prompt,expected\n", "holds no case"),
        ("a.csv", "prompt,expected\nx\n", "does not say what is expected"),
        ("a.csv", "prompt,expected\nx,y,z\n", "more cells"),
        ("a.csv", "prompt,answer\nx,y\n", "a field 'answer'"),
        ("a.csv", "prompt,expected,check\nx,y,magic\n", "the check 'magic'"),
        ("a.csv", "prompt,expected,check\nx,y,number\n", "must be a number"),
        ("a.csv", "prompt,expected,check\nx,(,regex\n", "no regular expression"),
        ("a.csv", "prompt,expected,image\nx,y,a.png\n", "'a.png', which was not sent"),
        ("a.csv", "id,prompt,expected\n1,x,y\n1,z,y\n", "the same id"),
        ("a.csv", b"\xff\xfe", "not UTF-8"),
        ("a.jsonl", "[1]", "must be a JSON object"),
        ("a.jsonl", "{", "Line 1 is no JSON"),
        ("a.zip", b"PK", "cannot be read"),
        ("a.zip", zipped(a__csv="x", b__csv="y"), "holds 2 lists"),
        ("a.zip", zipped(a__csv="prompt,expected,image\nx,y,b.png\n", b__png=b"no"), "not a picture"),
    ],
)
def test_what_cannot_be_read_is_named(name, text, words):
    with pytest.raises(PlaygroundError, match=words):
        read(name, text)


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("playground.chat.evals.cases.MOST_BYTES", 1000)
    with pytest.raises(CallerError, match="unpacks to more than 1,000 bytes"):
        read("a.zip", zipped(a__csv="x" * 5000))


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        (Check("contains", ["red"]), "It is RED.", True),
        (Check("contains", ["red"]), "I am bored.", False),
        (Check("contains", ["6:30"]), "At 16:30", False),
        (Check("contains", ["Ivo", "Marsh"]), "Ivo Fox", False),
        (Check("equals", "river"), " “River.” ", True),
        (Check("equals", "river"), "the river", False),
        (Check("regex", r"\bBLUE\b"), "BLUE!", True),
        (Check("regex", r"(a+)+$"), "a" * 60 + "!", False),
        (Check("number", 437.0), "23 * 19 is 437.", True),
        (Check("number", 1234.5, 0.01), "It comes to 1,234.505", True),
        (Check("number", -3.0), "\u22123", True),
        (Check("number", 3.0), "three", False),
        (Check("json", {"a.b": 1, "c.0": "X"}), 'Here: {"a": {"b": 1.0}, "c": ["x"]}', True),
        (Check("json", {"a": True}), '{"a": 1}', False),
        (Check("json", {"a": 1}), '{"b": 1}', False),
        (Check("json", {"a": 1}), "none", False),
    ],
)
def test_answers_are_judged(check, answer, passed):
    verdict = judged(check, answer)
    assert verdict.passed is passed
    assert bool(verdict.reason) is not passed


def test_calls_are_judged_by_their_names():
    assert judged(Check("calls", ["calculator"]), "", ["calculator"]).passed
    assert judged(Check("calls", ["calculator"]), "").reason == "did not call calculator"


def test_the_shipped_sets_are_large_enough_and_always_the_same():
    cases = vision_set()
    assert len(cases) >= 60
    assert {case.category for case in cases} == {"objects", "counting", "spatial", "documents", "defects"}
    vision_set.cache_clear()
    assert vision_set() == cases
    assert all(case.images for case in cases)
    every = (*cases, *text_set())
    assert len({case.id for case in every}) == len(every)


CASES = (
    Case("1", "sums", "one", Check("contains", ["yes"])),
    Case("2", "sums", "two", Check("contains", ["yes"])),
    Case("3", "tools", "three", Check("calls", ["calculator"]), tools=("calculator",)),
)


def runner(store, script, **able):
    backend = ScriptedBackend(script, repeat=True, **able)
    return EvalRunner(store, lambda name: backend, {"calculator": calculator()}, Meter())


def wait(runner):
    worker = runner._worker
    while runner.is_busy:
        worker.join(0.05)
        worker = runner._worker


def answers(turn):
    words = turn.messages[-1].text
    if turn.messages[-1].role == "tool":
        return says("437")
    if "three" in words:
        return calls("calculator", {"expression": "23*19"})
    return says("yes") if "one" in words else says("no")


def test_a_run_is_worked_off_and_counted():
    store = EvalStore()
    run = store.begin("set", CASES, "scripted", {"temperature": 0, "seed": 0}, "")
    evals = runner(store, answers)
    evals.start(run)
    wait(evals)
    results = store.results(run)
    assert [results[case.id].passed for case in CASES] == [True, False, True]
    assert results["2"].reason == "lacks 'yes'"
    assert store.runs()[0].done == 3
    total = figures(results.values())
    assert (total.passed, total.asked, total.failed) == (2, 3, 0)
    assert total.p90_s >= total.median_s > 0
    assert by_category(CASES, results)["sums"].share == 0.5
    assert as_csv(CASES, results).count("\n") == 4
    document = json.loads(json.dumps(as_json(store.run(run), CASES, results)))
    assert document["categories"]["tools"]["passed"] == 1
    evals.close()


def test_a_stopped_run_goes_on_after_a_restart_where_it_stopped(tmp_path):
    path = tmp_path / "evals.sqlite"
    store, asked, evals = EvalStore(path), [], None

    def stops(turn):
        asked.append(turn.messages[-1].text)
        if len(asked) == 2:
            evals.stop()
        return says("yes")

    run = store.begin("set", CASES[:2], "scripted", {}, "")
    evals = runner(store, stops)
    evals.start(run)
    wait(evals)
    assert (store.run(run).done, evals.state(run)) == (1, "")
    evals.close()

    store = EvalStore(path)
    evals = runner(store, stops)
    evals.start(run)
    wait(evals)
    assert store.run(run).done == 2
    assert asked == ["one", "two", "two"]
    evals.close()


def test_a_case_without_an_answer_is_asked_again_when_the_run_goes_on():
    store, is_broken = EvalStore(), threading.Event()
    is_broken.set()
    run = store.begin("set", CASES[:1], "scripted", {}, "")
    evals = runner(store, lambda turn: [Failed(ServerError("Out of memory."))] if is_broken.is_set() else says("yes"))
    evals.start(run)
    wait(evals)
    assert store.results(run)["1"] == Result("1", False, "Out of memory.", "", True, *_figures(store, run))
    is_broken.clear()
    evals.start(run)
    wait(evals)
    assert store.results(run)["1"].passed
    evals.close()


def _figures(store, run):
    found = store.results(run)["1"]
    return found.seconds, found.prompt_tokens, found.completion_tokens


def test_a_judge_reads_the_answer_and_decides():
    store, seen = EvalStore(), []
    case = Case("1", "all", "Be kind.", Check("judge", "The answer is kind."))

    def script(turn):
        if turn.options.response_format is None:
            return says("You are great.")
        seen.append(turn.messages[-1].text)
        return says('{"reason": "It is kind.", "right": true}')

    run = store.begin("set", [case], "scripted", {}, "")
    evals = runner(store, script)
    evals.start(run)
    wait(evals)
    result = store.results(run)["1"]
    assert (result.passed, result.reason) == (True, "It is kind.")
    assert "You are great." in seen[0]
    assert "The answer is kind." in seen[0]
    evals.close()


def test_a_model_that_reads_text_only_fails_at_pictures_and_says_so():
    store = EvalStore()
    run = store.begin("set", vision_set()[:1], "scripted", {}, "")
    evals = runner(store, says("red"), capabilities=replace(ANYTHING_GOES, images=False))
    evals.start(run)
    wait(evals)
    (result,) = store.results(run).values()
    assert (result.failed, result.reason) == (True, "scripted reads text only.")
    evals.close()


def test_two_runs_are_compared_case_by_case():
    right, wrong = (Result("1", passed, "", "x", False, 1.0, 1, 1) for passed in (True, False))
    found = differences(CASES, {"1": wrong, "2": right}, {"1": right, "2": right})
    assert [one.case.id for one in found] == ["1"]
    assert found[0].after.passed


def test_a_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "evals.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(CallerError, match="--evals-db"):
        EvalStore(path)
