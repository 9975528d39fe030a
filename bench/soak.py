"""Many clients at once, for minutes: is any reply lost, or somebody else's?

    python -m bench.soak                             64 clients for two minutes, on the embedded model
    python -m bench.soak --clients 8 --seconds 20
    python -m bench.soak --url http://127.0.0.1:7860 a server that runs already

Every client has questions of its own, asked through the official packages in every way that the API has. Before, each
question is asked alone; as a reply does not depend on who else is served, the same must come back in the crowd. A
server that is full says when to come again, and is asked again then. The exit code is 0 when nothing was amiss.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anthropic
import openai

from bench.app_server import AppServer

REPLY_TOKENS = 24
TIMEOUT_S = 300.0
CITIES = ("Paris", "Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Seoul")
PLACE = {"type": "string", "minLength": 2, "maxLength": 20}
WEATHER = {"type": "object", "properties": {"city": PLACE}, "required": ["city"], "additionalProperties": False}
FULL = (openai.RateLimitError, anthropic.RateLimitError)


class Lost(Exception):
    """The reply ended without its end."""


@dataclass(frozen=True)
class Question:
    """What is asked, in words and a seed that nobody else has, and how: one of `WAYS`."""

    number: int
    way: str

    @property
    def text(self) -> str:
        """The words."""
        return f"I am number {self.number}. What would you do on a rainy day in {CITIES[self.number % len(CITIES)]}?"


@dataclass(frozen=True)
class Reply:
    """What came back. For a call, `text` is its arguments."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Clients:
    """The official clients of one server. They do not retry by themselves, so that refusals are seen."""

    openai: openai.AsyncOpenAI
    anthropic: anthropic.AsyncAnthropic
    model: str = "auto"


Ask: TypeAlias = Callable[[Clients, Question], Awaitable[Reply]]


def clients_of(url: str, model: str = "auto") -> Clients:
    """Clients for a server that asks for no key."""
    options: Any = {"api_key": "none", "max_retries": 0, "timeout": TIMEOUT_S}
    return Clients(
        openai.AsyncOpenAI(base_url=f"{url}/v1", **options), anthropic.AsyncAnthropic(base_url=url, **options), model
    )


def _body(clients: Clients, question: Question, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question.text}]
    return {"model": clients.model, "messages": messages, "max_tokens": REPLY_TOKENS, **more}


def _chat_body(clients: Clients, question: Question, **more: Any) -> dict[str, Any]:
    return _body(clients, question, seed=question.number, **more)


def _message_body(clients: Clients, question: Question) -> dict[str, Any]:
    return _body(clients, question, extra_body={"temperature": 0})


async def _chat(clients: Clients, question: Question) -> Reply:
    reply: Any = await clients.openai.chat.completions.create(**_chat_body(clients, question))
    _ended(reply.choices[0].finish_reason)
    return Reply(reply.choices[0].message.content, reply.usage.completion_tokens)


async def _chat_stream(clients: Clients, question: Question) -> Reply:
    body = _chat_body(clients, question, stream=True, stream_options={"include_usage": True})
    chunks: list[Any] = [chunk async for chunk in await clients.openai.chat.completions.create(**body)]
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    _ended(choices[-1].finish_reason)
    if chunks[-1].usage is None:
        raise Lost("the stream ended before its usage")
    return Reply("".join(choice.delta.content or "" for choice in choices), chunks[-1].usage.completion_tokens)


async def _call(clients: Clients, question: Question) -> Reply:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
    body = _chat_body(clients, question, tools=[tool], tool_choice="required", parallel_tool_calls=False, max_tokens=60)
    reply: Any = await clients.openai.chat.completions.create(**body)
    _ended(reply.choices[0].finish_reason)
    arguments = reply.choices[0].message.tool_calls[0].function.arguments
    json.loads(arguments)["city"]
    return Reply(arguments, reply.usage.completion_tokens)


async def _response_stream(clients: Clients, question: Question) -> Reply:
    text, last = "", None
    body: Any = {"max_output_tokens": REPLY_TOKENS, "extra_body": {"seed": question.number}}
    stream: Any = await clients.openai.responses.create(
        model=clients.model, input=question.text, store=False, stream=True, **body
    )
    async for event in stream:
        last = event
        text += event.delta if event.type == "response.output_text.delta" else ""
    if last is None or last.type not in ("response.completed", "response.incomplete"):
        raise Lost("the stream ended before its last event")
    return Reply(text, last.response.usage.output_tokens)


async def _message(clients: Clients, question: Question) -> Reply:
    reply: Any = await clients.anthropic.messages.create(**_message_body(clients, question))
    _ended(reply.stop_reason)
    return Reply("".join(block.text for block in reply.content), reply.usage.output_tokens)


async def _message_stream(clients: Clients, question: Question) -> Reply:
    async with clients.anthropic.messages.stream(**_message_body(clients, question)) as stream:
        reply: Any = await stream.get_final_message()
    _ended(reply.stop_reason)
    return Reply("".join(block.text for block in reply.content), reply.usage.output_tokens)


def _ended(reason: str | None) -> None:
    if reason is None:
        raise Lost("the reply has no reason for its end")


WAYS: Mapping[str, Ask] = {
    "chat": _chat,
    "chat, streamed": _chat_stream,
    "tool call": _call,
    "response, streamed": _response_stream,
    "message": _message,
    "message, streamed": _message_stream,
}


@dataclass
class Report:
    """What happened. A reply is `mixed` when it is that of another question, `changed` when it is nobody's."""

    seconds: float = 0.0
    right: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    tokens: int = 0
    waits_s: list[float] = field(default_factory=list)
    """From first asking to the whole reply, with the times that the server was full."""
    mixed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def amiss(self) -> list[str]:
        """Everything that should not have happened."""
        return [*self.lost, *self.mixed, *self.changed]

    def lines(self) -> list[str]:
        """The report in words."""
        total, ranks = self.right.total(), _ranks(self.waits_s)
        return [
            f"{total} replies in {self.seconds:.0f} s, {self.tokens / max(self.seconds, 1e-9):.1f} tokens/s in all: "
            + ", ".join(f"{self.right[way]} {way}" for way in WAYS),
            f"asked until answered, with waiting: median {ranks[0]:.1f} s, 95 of 100 within {ranks[1]:.1f} s, "
            f"longest {ranks[2]:.1f} s; {self.refused} times the server was full and said when to come again",
            f"lost {len(self.lost)}, mixed {len(self.mixed)}, changed {len(self.changed)}",
            *self.amiss[:10],
        ]


def _ranks(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, the 95th of a hundred, and the greatest."""
    if not values:
        return 0.0, 0.0, 0.0
    ordered = sorted(values)
    return statistics.median(ordered), ordered[round(0.95 * (len(ordered) - 1))], ordered[-1]


class Soak:
    """Asks the questions of `count` clients, `each` of them, alone and then at once."""

    def __init__(self, clients: Clients, count: int, each: int = 2, ways: Mapping[str, Ask] = WAYS) -> None:
        self._clients = clients
        self._ways = ways
        names = list(ways)
        self._questions = [
            [Question(one + count * more, names[(one + more) % len(names)]) for more in range(each)]
            for one in range(count)
        ]
        self._alone: dict[Question, str] = {}
        self.report = Report()

    async def alone(self) -> None:
        """Ask every question by itself."""
        for question in [question for own in self._questions for question in own]:
            self._alone[question] = (await self._ways[question.way](self._clients, question)).text

    async def together(self, seconds: float) -> None:
        """All clients at once, each going on until the time is over; replies that have begun are waited for."""
        begin = time.perf_counter()
        await asyncio.gather(*(self._client(own, begin + seconds) for own in self._questions))
        self.report.seconds = time.perf_counter() - begin

    async def _client(self, own: Sequence[Question], until: float) -> None:
        number = 0
        while time.perf_counter() < until:
            question = own[number % len(own)]
            number += 1
            begin = time.perf_counter()
            try:
                reply = await self._answered(question)
            except Exception as error:  # whatever kept the reply back is what is looked for
                self.report.lost.append(f"{question}: {error!r} from {error.__cause__!r}")
                continue
            self.report.waits_s.append(time.perf_counter() - begin)
            self._judge(question, reply)

    async def _answered(self, question: Question) -> Reply:
        """The reply, however often the server is full first."""
        while True:
            try:
                return await self._ways[question.way](self._clients, question)
            except FULL as full:
                self.report.refused += 1
                await asyncio.sleep(float(full.response.headers["retry-after"]))

    def _judge(self, question: Question, reply: Reply) -> None:
        self.report.tokens += reply.tokens
        if reply.text == self._alone[question]:
            self.report.right[question.way] += 1
            return
        others = [other for other, text in self._alone.items() if text == reply.text]
        told = f"{question}: {reply.text!r}, alone {self._alone[question]!r}"
        if others:
            self.report.mixed.append(f"{told}; it is the reply to {others[0]}")
        else:
            self.report.changed.append(told)


async def soak(url: str, count: int, seconds: float) -> Report:
    """Ask a server; gives the report."""
    clients = clients_of(url)
    async with clients.openai, clients.anthropic:
        run = Soak(clients, count)
        await run.alone()
        print(f"every question was asked alone; now {count} clients at once …", file=sys.stderr)
        await run.together(seconds)
        return run.report


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(
        "bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--url", help="a server that runs already, instead of one with the embedded model")
    args = parser.parse_args(arguments)
    if args.url:
        report = asyncio.run(soak(args.url.rstrip("/"), args.clients, args.seconds))
    else:
        with AppServer("embedded") as server:
            report = asyncio.run(soak(server.address, args.clients, args.seconds))
    print("\n".join(report.lines()))
    return 1 if report.amiss or not report.right else 0


if __name__ == "__main__":
    sys.exit(main())
