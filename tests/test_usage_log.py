"""The usage record counts what was asked, in memory or in a file, and never keeps what was said."""

import csv
import io
import sqlite3
import time

import pytest

from playground.events import Usage
from playground.usage_log import COLUMNS, Caller, UsageLog

FIRST = Usage(prompt_tokens=100, cached_tokens=60, completion_tokens=20, decode_s=2.0, first_token_s=0.1)
PAGE, API = Caller("page"), Caller("openai", "My app")


def filled(path=None):
    log = UsageLog(path)
    log.add(PAGE, "embedded", "stop", FIRST, 2.5)
    log.add(API, "gemma-3-4b", "length", Usage(prompt_tokens=10, completion_tokens=5, decode_s=1, first_token_s=0.3), 1)
    log.add(API, "embedded", "context_too_long", Usage(), 0.1)
    return log


def test_the_summary_counts_tokens_failures_and_percentiles():
    found = filled().summary()
    assert (found.replies, found.failed) == (3, 1)
    assert (found.prompt_tokens, found.cached_tokens, found.completion_tokens) == (110, 60, 25)
    assert found.cached_share == pytest.approx(60 / 110)
    assert found.first_token_s == {50: 0.1, 90: 0.3, 99: 0.3}
    assert found.tokens_per_second[50] == 5


def test_an_empty_record_has_no_percentiles_and_shares_nothing():
    found = UsageLog().summary()
    assert found.first_token_s[50] is None
    assert found.cached_share == 0


def test_groups_are_counted_largest_first_and_days_in_order():
    log = filled()
    assert [(row["interface"], row["replies"]) for row in log.by("interface")] == [("openai", 2), ("page", 1)]
    assert [(row["model"], row["prompt_tokens"]) for row in log.by("model")] == [("embedded", 100), ("gemma-3-4b", 10)]
    assert [row["day"] for row in log.by("day")] == [time.strftime("%Y-%m-%d", time.gmtime())]
    with pytest.raises(ValueError, match="'at; DROP TABLE"):
        log.by("at; DROP TABLE replies")


def test_only_what_lies_in_the_period_is_counted():
    assert filled().summary(time.time() + 60).replies == 0


def test_a_file_outlives_the_record_and_serves_two_processes_at_once(tmp_path):
    path = tmp_path / "new" / "usage.sqlite"
    first, second = filled(path), UsageLog(path)
    second.add(PAGE, "embedded", "stop", FIRST, 1)
    assert first.summary().replies == 4
    first.close()
    second.close()
    assert UsageLog(path).summary().replies == 4


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and long enough to be looked at as a header")
    with pytest.raises(OSError, match=r"notes\.txt cannot be opened"):
        UsageLog(path)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("select 1 from replies")


def test_the_csv_has_every_row_and_no_formula():
    log = filled()
    log.add(Caller("openai", "=cmd()"), "embedded", "stop", FIRST, 1)
    header, *rows = csv.reader(io.StringIO(log.csv()))
    assert tuple(header) == COLUMNS
    assert len(rows) == 4
    assert rows[-1][2] == "'=cmd()"
