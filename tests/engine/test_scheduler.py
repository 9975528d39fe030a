"""Who runs next: turns between prompts, a token for everybody at each step, the queue and its end."""

import random

import pytest

from playground.engine.chunks import split
from playground.engine.request import Queued
from playground.engine.scheduler import Scheduler
from playground.engine.sequence import Sequence
from playground.engine.stream import Outbox
from playground.errors import Overloaded
from tests.engine.asking import ask, words


def sequence(chunks=1):
    request = ask(words(chunks * 4))
    return Sequence(request, split(request.prompt_ids, (), 4), None, 10, Outbox())


def steps(scheduler, count):
    """What is read and written in the next steps; a chunk is read in each."""
    done = []
    for _ in range(count):
        step = scheduler.next_step()
        done.append((step.reading, step.writing))
        if step.reading is not None:
            step.reading.chunks_read += 1
    return done


def queued(outbox):
    """The last place in the queue that the caller was told."""
    places = []
    while not outbox._items.empty():
        places.append(outbox.get())
    return places[-1] if places else None


def test_prompts_take_turns_chunk_by_chunk_and_replies_get_a_token_each_step():
    scheduler = Scheduler(8, 8)
    long, short = sequence(5), sequence(1)
    scheduler.add(long)
    scheduler.add(short)
    assert steps(scheduler, 4) == [(long, ()), (short, ()), (long, (short,)), (long, (short,))]
    assert steps(scheduler, 3) == [(long, (short,)), (long, (short,)), (None, (short, long))]


def test_three_prompts_get_their_first_tokens_in_the_order_of_their_lengths():
    scheduler = Scheduler(8, 8)
    prompts = [sequence(6), sequence(2), sequence(4)]
    for prompt in prompts:
        scheduler.add(prompt)
    order = []
    for _, writing in steps(scheduler, 14):
        order += [one for one in writing if one not in order]
    assert order == [prompts[1], prompts[2], prompts[0]]


def test_the_rest_waits_and_is_told_its_place():
    scheduler = Scheduler(1, 2)
    first, second, third = sequence(), sequence(), sequence()
    for one in (first, second, third):
        scheduler.add(one)
    assert [queued(one.outbox) for one in (first, second, third)] == [None, Queued(0), Queued(1)]
    with pytest.raises(Overloaded, match="2 requests are waiting already"):
        scheduler.add(sequence())
    scheduler.remove(first)
    assert scheduler.active == (second,)
    assert queued(third.outbox) == Queued(0)


def test_without_a_queue_free_places_are_still_given():
    scheduler = Scheduler(2, 0)
    scheduler.add(sequence())
    scheduler.add(sequence())
    with pytest.raises(Overloaded):
        scheduler.add(sequence())


def test_cancelled_ones_leave_from_everywhere():
    scheduler = Scheduler(2, 2)
    everybody = [sequence(3) for _ in range(4)]
    for one in everybody:
        scheduler.add(one)
    everybody[0].outbox.cancelled.set()
    everybody[2].outbox.cancelled.set()
    assert scheduler.remove_cancelled() == [everybody[2], everybody[0]]
    assert scheduler.active == (everybody[1], everybody[3])
    assert scheduler.waiting == 0


def test_idle_means_nothing_waits_and_nothing_runs():
    scheduler = Scheduler(1, 1)
    assert scheduler.is_idle
    one = sequence()
    scheduler.add(one)
    assert not scheduler.is_idle
    steps(scheduler, 2)
    assert not scheduler.is_idle
    scheduler.remove(one)
    assert scheduler.is_idle


def test_whoever_comes_and_goes_nobody_waits_for_more_than_a_round():
    """Arrivals, ends and cancels at random: every reply gets a token each step, every prompt a chunk each round."""
    for seed in range(20):
        source = random.Random(seed)
        scheduler = Scheduler(4, 100)
        started: list[Sequence] = []
        waited: dict[Sequence, int] = {}
        for _ in range(200):
            if source.random() < 0.3:
                started.append(sequence(source.randrange(1, 9)))
                scheduler.add(started[-1])
            if scheduler.active and source.random() < 0.1:
                source.choice(scheduler.active).outbox.cancelled.set()
            for gone in scheduler.remove_cancelled():
                waited.pop(gone, None)
            step = scheduler.next_step()
            assert set(step.writing) == {one for one in scheduler.active if one.is_read}
            reading = [one for one in scheduler.active if not one.is_read]
            assert (step.reading is None) == (not reading)
            for one in reading:
                waited[one] = 0 if one is step.reading else waited.get(one, 0) + 1
                assert waited[one] < 4, "others were read twice before it"
            if step.reading is not None:
                step.reading.chunks_read += 1
            for one in step.writing:
                if source.random() < 0.2:
                    scheduler.remove(one)
            assert len(scheduler.active) <= 4
            assert len(scheduler.active) == 4 or not scheduler.waiting, "nobody waits beside a free place"


def test_the_queue_is_served_in_the_order_of_arrival():
    scheduler = Scheduler(2, 10)
    everybody = [sequence() for _ in range(8)]
    for one in everybody:
        scheduler.add(one)
    order = []
    while not scheduler.is_idle:
        order += [one for one in scheduler.active if one not in order]
        scheduler.remove(scheduler.active[0])
    assert order == everybody
