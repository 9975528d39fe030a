"""Guesses are taken from the most similar earlier place."""

from playground.engine.lookup import LONGEST, SHORTEST, Text


def guess(ids, count=3):
    return Text(ids).guess(count).ids


def test_what_followed_the_same_words_is_guessed_again():
    assert guess([1, 2, 3, 4, 5, 6, 9, 2, 3]) == (4, 5, 6)


def test_the_longest_agreement_counts_and_then_the_last_place():
    assert guess([1, 2, 3, 50, 9, 2, 3, 60, 1, 2, 3]) == (50, 9, 2)
    assert guess([7, 2, 3, 50, 9, 2, 3, 60, 1, 2, 3]) == (60, 1, 2)


def test_a_text_that_repeats_itself_is_taken_to_go_on():
    assert guess([5, 1, 2, 1, 2, 1, 2], 5) == (1, 2, 1, 2, 1)
    assert guess([8, 8, 8]) == (8, 8, 8)


def test_where_the_end_is_new_nothing_is_guessed():
    for ids in ([], [1], [1, 2], [1, 2, 3, 4], [1, 2, 9, 2]):
        assert guess(ids) == ()
    assert SHORTEST == 2


def test_a_text_grows():
    text = Text([1, 2, 3])
    for token in (9, 1, 2):
        text.append(token)
    assert text.guess(2).ids == (3, 9)
    assert text.guess(1).agreeing == 2
    text = Text(list(range(40)) * 2)
    assert text.guess(1).agreeing == LONGEST
