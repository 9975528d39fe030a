"""The judging of replies, and one short run of the command."""

import pytest

from embedded_model import evaluate
from embedded_model.dialogues import DATA, HELD_OUT, read_dialogues
from embedded_model.evaluate import Reply, _same_calls, _same_names, _states, told
from playground.messages import ToolCall, ToolResult, assistant, tool

ONE = ToolCall("a", "rhyme", {"word": "bell", "most": 3})
OTHER = ToolCall("b", "now", {})


def test_a_right_tool_may_have_wrong_arguments():
    reply = Reply("", (ToolCall("c", "rhyme", {"word": "ball"}),))
    assert _same_names([ONE])(reply)
    assert not _same_calls([ONE])(reply)
    assert not _same_names([OTHER])(reply)


def test_calls_are_compared_in_any_order_and_with_all_arguments():
    reply = Reply("", (OTHER, ToolCall("c", "rhyme", {"most": 3, "word": "bell"})))
    assert _same_calls([ONE, OTHER])(reply)
    assert not _same_calls([ONE])(reply)
    assert not _same_calls([ToolCall("c", "rhyme", {"most": "3", "word": "bell"}), OTHER])(reply)


@pytest.mark.parametrize(
    ("result", "answer", "facts"),
    [
        ('{"city": "Rome", "high": 21.5}', "It will be 21.5 degrees in Rome today.", {"rome", "21.5"}),
        ('{"channel": "frontend"}', "They write in frontend.", {"frontend"}),
        ('{"ok": true}', "Done.", set()),
    ],
)
def test_what_an_answer_has_to_state(result, answer, facts):
    found = told(tool(ToolResult("a", "x", result)), assistant(answer))
    assert found == facts
    assert _states(found)(Reply(answer))
    assert not facts or not _states(found)(Reply("I don't know."))
    assert not _states(found)(Reply(answer, (OTHER,)))


def test_the_written_answers_of_the_data_would_all_be_right():
    dialogues = read_dialogues(DATA / f"{HELD_OUT}.jsonl")
    answers = {one.id: one.turn.messages for one in dialogues}
    for item in evaluate.answers_from_results(dialogues):
        assert item.is_right(Reply(answers[item.id][-1].text)), item.id
    for item in evaluate.needs_a_tool(dialogues, _same_calls):
        assert item.is_right(Reply("", answers[item.id][len(item.turn.messages)].calls)), item.id


@pytest.mark.thorough
def test_the_command_prints_the_table(monkeypatch, capsys, tmp_path):
    replies = tmp_path / "replies.jsonl"
    arguments = ["evaluate", "--limit", "1", "--threads", "1", "--replies", str(replies)]
    monkeypatch.setattr("sys.argv", arguments)
    evaluate.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| measured, greedy, no grammar | right |", "|---|---|"]
    assert sum(line.endswith(("| 0 of 1 |", "| 1 of 1 |")) for line in lines) == 8
    assert len(replies.read_text(encoding="utf-8").splitlines()) == 8
