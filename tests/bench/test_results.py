"""Medians, ratios, limits and the page that is written from them."""

import dataclasses

import pytest

from bench import results
from bench.about import about, described
from bench.render import times_better, write_page
from bench.results import Result, Row, ratio
from bench.targets import Target, targets, verdict
from bench.writing import Written

ABOUT = about(2, "tiny", quick=True)


def row(peer, *values, case="128 tokens before it", **more):
    return Row(case, peer, "bf16", "tok/s", values, **more)


def test_the_ratio_compares_rounds_with_each_other():
    # The machine became half as fast after the first round; ours was twice as fast all the time.
    ours, theirs = row("ours", 40, 20, 20), row("llama.cpp", 20, 10, 10)
    assert ratio(ours, theirs) == 2
    assert ratio(row("ours", 30), theirs) == 3


def test_a_ratio_above_one_is_better_also_where_less_is():
    fast, slow = row("ours", 10, more_is_better=False), row("generate", 30, more_is_better=False)
    assert ratio(fast, slow) == pytest.approx(3)


def test_the_share_of_a_limit_is_one_at_the_limit_whichever_way_is_better():
    assert row("ours", 20, limit=25).share == pytest.approx(0.8)
    assert row("ours", 50, limit=25, more_is_better=False).share == pytest.approx(0.5)
    assert row("ours", 20).share is None
    with pytest.raises(ValueError, match="not installed"):
        _ = row("llama.cpp", missing="not installed").value


def test_a_rate_counts_only_the_time_in_which_all_were_writing():
    early, late = [1, 2, 3, 4, 5], [3, 4, 5, 6, 7]
    assert Written([early, late]).rate == (2 + 2) / (5 - 3)
    assert Written([early]).rate == 1


def test_the_rate_of_replies_that_wait_for_each_other_is_that_of_all():
    assert Written([[1, 2, 3], [5, 6, 7]]).rate == 5 / 6
    with pytest.raises(ValueError, match="more than one token"):
        _ = Written([[1]]).rate


def test_results_come_back_as_they_were_saved(tmp_path):
    result = Result("decode", [row("ours", 1.5, 2, limit=3), row("serve", missing="not installed")], ABOUT)
    results.save(result, tmp_path)
    found = results.load("decode", tmp_path)
    assert found is not None
    assert [dataclasses.asdict(one) | {"values": list(one.values)} for one in found.rows] == [
        dataclasses.asdict(one) | {"values": list(one.values)} for one in result.rows
    ]
    assert results.load("prefill", tmp_path) is None
    assert [one.task for one in results.load_all(["prefill", "decode"], tmp_path)] == ["decode"]


def test_the_page_shows_values_ratios_limits_and_who_is_missing(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra `bench`, not in `test`")
    rows = [row("ours", 20, 22, limit=25), row("llama.cpp", 10, 11), row("serve", missing="not installed")]
    page = tmp_path / "benchmarks.md"
    write_page([Result("decode", rows, ABOUT)], page)
    text = page.read_text(encoding="utf-8")
    assert "| 128 tokens before it | bf16 | ours | 21.0 tok/s | 20.0 to 22.0 |  | 25.0 | 84% |" in text
    assert "| 128 tokens before it | bf16 | llama.cpp | 10.5 tok/s | 10.0 to 11.0 | 2.00 |" in text
    assert "missing: not installed" in text
    assert "| decode against llama.cpp | bf16 | 1 times | 1.15 times | 2.00 | aim met |" in text
    assert "not measured" in text
    assert "Quick run" in text
    assert described(ABOUT) in text
    assert (tmp_path / "benchmarks" / "decode.png").stat().st_size > 1000


def test_a_peer_in_a_format_that_we_do_not_have_is_compared_with_each_of_ours():
    ours = [Row("a", "ours", "bf16", "tok/s", [20]), Row("a", "ours", "int8", "tok/s", [30])]
    others = [Row("a", "generate", "bf16", "tok/s", [5]), Row("a", "llama.cpp", "Q4_K_M", "tok/s", [10])]
    result = Result("embedded", [*ours, *others], ABOUT)
    assert [times_better(result, one) for one in others] == ["4.00", "bf16 2.00, int8 3.00"]
    gone = dataclasses.replace(ours[0], values=(), missing="broke down")
    assert times_better(dataclasses.replace(result, rows=[gone, ours[1], *others]), others[0]) == ""


def test_verdicts_say_by_how_much():
    target = Target("decode", "int8", 1.2, 1.4, lambda _: None)
    assert verdict(target, 1.5) == "aim met"
    assert verdict(target, 1.26) == "met (+5 %)"
    assert verdict(target, 0.9) == "**missed (-25 %)**"
    assert verdict(target, None) == "not measured"


def test_every_target_can_be_asked_of_nothing():
    assert {target.measure({}) for target in targets()} == {None}
