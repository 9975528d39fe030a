"""The soak test finds what it looks for: lost, mixed and changed replies; and finds none where there are none."""

import asyncio
import itertools

import httpx
import openai
import pytest

from bench.soak import WAYS, Reply, Soak, clients_of
from playground.settings import Settings
from tests.api.conftest import serving

CLIENTS = clients_of("http://127.0.0.1:9")


def soaked(way, seconds=0.05):
    """Two clients with one question each, asked by `way`."""
    run = Soak(CLIENTS, 2, 1, {"way": way})

    async def work():
        await run.alone()
        await run.together(seconds)

    asyncio.run(work())
    return run.report


def answering(*later):
    """A way to ask: alone each question has an answer of its own, and afterwards `later` decides."""
    count = itertools.count()

    async def ask(clients, question):
        await asyncio.sleep(0.005)
        if next(count) < 2:
            return Reply(f"answer {question.number}", 3)
        return later[0](question)

    return ask


def fails(error):
    def later(question):
        raise error

    return later


def test_replies_that_are_the_same_as_alone_are_right():
    report = soaked(answering(lambda question: Reply(f"answer {question.number}", 3)))
    assert not report.amiss
    assert report.tokens == 3 * report.right.total() > 0
    assert len(report.waits_s) == report.right.total()


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        (lambda question: Reply(f"answer {1 - question.number}", 3), "mixed"),
        (lambda question: Reply("answer", 3), "changed"),
        (fails(ConnectionError("gone")), "lost"),
    ],
)
def test_what_is_amiss_is_told_apart(later, kind):
    report = soaked(answering(later))
    assert len(getattr(report, kind)) == len(report.amiss) > 0
    assert report.right.total() == 0
    assert f"{kind} {len(report.amiss)}" in report.lines()[2]


def test_a_full_server_is_asked_again_when_it_says():
    answer = httpx.Response(429, headers={"retry-after": "0"}, request=httpx.Request("POST", "http://x"))
    full = itertools.cycle([True, False])

    def later(question):
        if next(full):
            raise openai.RateLimitError("full", response=answer, body=None)
        return Reply(f"answer {question.number}", 3)

    report = soaked(answering(later))
    assert not report.amiss
    assert report.refused >= report.right.total() > 0


@pytest.mark.thorough
def test_the_embedded_model_answers_each_way_of_asking(embedded):
    with serving(Settings()) as site:
        site.backend = embedded

        async def work():
            clients = clients_of(site.url, embedded.capabilities.name)
            async with clients.openai, clients.anthropic:
                run = Soak(clients, len(WAYS), 1)
                await run.alone()
                await run.together(1)
                return run.report

        report = asyncio.run(work())
    assert report.amiss == []
    assert set(report.right) == set(WAYS)
