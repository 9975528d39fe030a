"""Versions of a conversation from some question on: made by an edit or by asking again, and chosen with a pager.

A transcript is the path that is shown; what was written instead stands aside in its exchanges (`Exchange.others`).
All functions give a new transcript.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playground.errors import CallerError
from playground.messages import Message
from playground.ui.transcript import Exchange, Tail, Transcript


@dataclass(frozen=True)
class Pager:
    """Where one stands among versions: `number` of `count`, and the places in `versions` before and after it.

    The ends meet, so there is always a version on both sides.
    """

    number: int
    count: int
    before: int
    after: int


def versions(transcript: Transcript, number: int) -> tuple[Tail, ...]:
    """Every version of the conversation from exchange `number` on, oldest first; the one shown is among them."""
    shown = transcript.exchanges[number]
    tail = (replace(shown, others=(), place=0), *transcript.exchanges[number + 1 :])
    return (*shown.others[: shown.place], tail, *shown.others[shown.place :])


def asked_instead(transcript: Transcript, number: int, question: Message) -> Transcript:
    """With a question that waits in the place of exchange `number`; what stood there becomes another version.

    A question that never got an answer is no version, and goes.
    """
    known = versions(transcript, number)
    if not transcript.exchanges[number].answer and len(transcript.exchanges) == number + 1:
        known = _without(known, transcript.exchanges[number].place)
    return _joined(transcript, number, (*known, (Exchange(question),)), len(known))


def chosen(transcript: Transcript, number: int, place: int) -> Transcript:
    """With another of the versions at exchange `number` shown, and all that followed it there.

    Raises: CallerError when there is no such version.
    """
    known = versions(transcript, number)
    if not isinstance(place, int) or not 0 <= place < len(known):
        raise CallerError(f"There is no version {place!r} here: there are {len(known)}, counted from 0.")
    return _joined(transcript, number, known, place)


def without(transcript: Transcript, number: int) -> Transcript:
    """Without exchange `number`: what followed it stays; at the end, an earlier version takes its place."""
    place = transcript.exchanges[number].place
    others = _without(versions(transcript, number), place)
    if number + 1 == len(transcript.exchanges):
        return _joined(transcript, number, others, max(place - 1, 0))
    following = versions(transcript, number + 1)
    joined = (*others[:place], *following, *others[place:])
    return _joined(transcript, number, joined, place + transcript.exchanges[number + 1].place)


def forked(transcript: Transcript, number: int) -> Transcript:
    """The shown conversation up to and with exchange `number`, as one of its own."""
    return Transcript(tuple(replace(one, others=(), place=0) for one in transcript.exchanges[: number + 1]))


def question_pager(transcript: Transcript, number: int) -> Pager | None:
    """Among the different questions at this place; None when there is only one."""
    questions: list[Message] = []
    latest: list[int] = []
    for place, tail in enumerate(versions(transcript, number)):
        if tail[0].question in questions:
            latest[questions.index(tail[0].question)] = place
        else:
            questions.append(tail[0].question)
            latest.append(place)
    return _pager(latest, questions.index(transcript.exchanges[number].question))


def answer_pager(transcript: Transcript, number: int) -> Pager | None:
    """Among the answers to the question at this place; None when there is only one."""
    shown = transcript.exchanges[number]
    places = [at for at, tail in enumerate(versions(transcript, number)) if tail[0].question == shown.question]
    return _pager(places, places.index(shown.place))


def _pager(places: Sequence[int], at: int) -> Pager | None:
    count = len(places)
    return Pager(at + 1, count, places[at - 1], places[(at + 1) % count]) if count > 1 else None


def _without(known: tuple[Tail, ...], place: int) -> tuple[Tail, ...]:
    return (*known[:place], *known[place + 1 :])


def _joined(transcript: Transcript, number: int, known: tuple[Tail, ...], place: int) -> Transcript:
    """The conversation before exchange `number`, and from there the version at this place, if any is left."""
    head = transcript.exchanges[:number]
    if not known:
        return Transcript(head)
    first, *rest = known[place]
    return Transcript((*head, replace(first, others=_without(known, place), place=place), *rest))
