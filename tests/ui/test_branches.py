"""Versions of a conversation: as values, and with the pager in the browser."""

import json

import pytest
from playwright.sync_api import expect

from playground.errors import CallerError
from playground.messages import assistant, user
from playground.ui.branches import answer_pager, asked_instead, chosen, forked, question_pager, versions, without
from playground.ui.transcript import Exchange, Transcript, dump, load


def exchange(question: str, answer: str = "yes") -> Exchange:
    return Exchange(user(question), (assistant(answer),))


def talk(*questions: str) -> Transcript:
    return Transcript(tuple(exchange(question) for question in questions))


def words(transcript: Transcript) -> list[str]:
    return [one.question.text for one in transcript.exchanges]


def answered(transcript: Transcript, answer: str) -> Transcript:
    last = transcript.exchanges[-1]
    return transcript.with_last(Exchange(last.question, (assistant(answer),), others=last.others, place=last.place))


def test_an_edit_keeps_what_it_replaces_and_all_that_followed():
    edited = answered(asked_instead(talk("a", "b", "c"), 1, user("B")), "no")
    assert words(edited) == ["a", "B"]
    assert words(chosen(edited, 1, 0)) == ["a", "b", "c"]
    assert chosen(chosen(edited, 1, 0), 1, 1) == edited


def test_versions_within_versions_come_back():
    inner = answered(asked_instead(talk("a", "b", "c"), 2, user("C")), "no")
    outer = answered(asked_instead(inner, 0, user("A")), "no")
    back = chosen(outer, 0, 0)
    assert words(back) == ["a", "b", "C"]
    assert words(chosen(back, 2, 0)) == ["a", "b", "c"]


def test_pagers_count_questions_and_answers_apart():
    twice = answered(asked_instead(talk("a"), 0, user("a")), "second")
    thrice = answered(asked_instead(twice, 0, user("other")), "third")
    assert (question_pager(twice, 0), answer_pager(twice, 0).number) == (None, 2)
    assert (question_pager(thrice, 0).number, question_pager(thrice, 0).count) == (2, 2)
    assert answer_pager(thrice, 0) is None
    assert chosen(thrice, 0, question_pager(thrice, 0).before).exchanges[0].answer == (assistant("second"),)


def test_a_question_without_an_answer_is_no_version():
    waiting = asked_instead(talk("a"), 0, user("b"))
    assert words(asked_instead(waiting, 0, user("c"))) == ["c"]
    assert len(versions(asked_instead(waiting, 0, user("c")), 0)) == 2
    assert without(waiting, 0) == talk("a")


def test_deleting_keeps_what_follows_and_falls_back_to_an_earlier_version():
    assert words(without(talk("a", "b", "c"), 1)) == ["a", "c"]
    assert without(talk("a"), 0) == Transcript()
    edited = answered(asked_instead(talk("a", "b"), 1, user("B")), "no")
    assert without(edited, 1) == talk("a", "b")
    longer = edited.asked(user("next"))
    assert words(without(longer, 1)) == ["a", "next"]
    assert words(chosen(without(longer, 1), 1, 0)) == ["a", "b"]


def test_a_fork_is_what_was_shown():
    edited = answered(asked_instead(talk("a", "b"), 1, user("B")), "no")
    assert forked(edited, 0) == talk("a")
    assert forked(edited, 1).exchanges[1].others == ()


def test_versions_survive_the_browser_and_older_records_still_load():
    edited = answered(asked_instead(talk("a", "b"), 1, user("B")), "no")
    assert load(json.loads(json.dumps(dump(edited))), {}) == edited
    assert "others" not in dump(talk("a"))[0]


def test_a_version_that_is_not_there_is_refused():
    with pytest.raises(CallerError, match="no version 7"):
        chosen(talk("a"), 0, 7)


def test_the_pager_walks_through_edits_and_replies(chat):
    chat.ask("first")
    chat.ask("second")
    chat.press("edit", 0)
    chat.send("another first")
    expect(chat.questions).to_have_count(1)
    chat.wait_for_reply(1)
    assert chat.last_reply.startswith("Question 1 'another first'")
    pager = chat.questions.first.locator(".pager")
    expect(pager).to_have_text("2/2")
    pager.get_by_title("Earlier version").click()
    expect(chat.questions).to_have_count(2)
    expect(chat.questions.last).to_contain_text("second")
    chat.set_option("number input for Temperature", "0.5")
    chat.press("regenerate", 1)
    expect(chat.replies.last).to_contain_text("temperature 0.5")
    expect(chat.replies.last.locator(".pager")).to_have_text("2/2")
    chat.reload()
    chat.replies.last.get_by_title("Earlier version").click()
    expect(chat.replies.last).to_contain_text("temperature 1.")
    expect(chat.replies.last.locator(".pager")).to_have_text("1/2")
    chat.press("delete", 1)
    expect(chat.replies.last.locator(".pager")).to_have_count(0)
    expect(chat.replies.last).to_contain_text("temperature 0.5")


def test_a_stopped_reply_goes_on_where_it_ended(chat):
    chat.send("slowly")
    expect(chat.page.locator("#chat .bot-row .message-content").last).to_contain_text("word word")
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply()
    before = chat.last_reply
    chat.press("continue", 0)
    expect(chat.page.locator("#live .message-row")).to_be_visible()
    expect(chat.page.locator("#live .message-row")).to_contain_text(f"{before} word word")
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply()
    assert chat.last_reply.startswith(before)
    assert len(chat.last_reply) > len(before)
    expect(chat.replies).to_have_count(1)


def test_a_reply_begins_as_it_is_told_to(chat):
    chat.page.get_by_role("button", name="Length and form").click()
    chat.page.locator("#prefill textarea").fill("Well: ")
    assert chat.ask("hello").startswith("Well: Question 1 'hello'")


def test_a_fork_goes_on_apart_and_raw_text_is_shown(chat):
    chat.ask("one")
    chat.ask("use the calculator")
    chat.press("raw", 1)
    dialog = chat.page.get_by_role("dialog", name="Raw text")
    expect(dialog).to_contain_text('"expression": "6*7"')
    chat.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    chat.press("fork", 0)
    expect(chat.questions).to_have_count(1)
    assert chat.ask("two").startswith("Question 2 'two'")
