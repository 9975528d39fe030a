"""OpenAI's completions of raw prompts, both directions.

Source: https://platform.openai.com/docs/api-reference/completions and the types of the `openai` package, read 2026-11.
`seed` and `warnings` of a reply are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from playground.errors import CallerError
from playground.events import TokenDetail
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.wire.fields import read_body
from playground.wire.openai_fields import NO_EFFECT_ELSEWHERE, UNSUPPORTED_ELSEWHERE, TextSampling
from playground.wire.openai_reply import FINISH, Choice, ReplyHead, write_usage

UNSUPPORTED: Mapping[str, tuple[Any, ...]] = {
    **UNSUPPORTED_ELSEWHERE,
    "best_of": (None, 1),
    "guided_json": (None,),
    "response_format": (None, {"type": "text"}),
    "structured_outputs": (None,),
    "suffix": (None, ""),
}
"""Fields of the protocol that change the reply and that we cannot honour, with the values that ask for nothing."""
NO_EFFECT = (*NO_EFFECT_ELSEWHERE, "user")
"""Fields of the protocol that never change a reply: accepted, and reported as having no effect."""
MOST_CHOICES = 32
DEFAULT_TOKENS = 16
"""The protocol's own default for `max_tokens`."""


class CompletionRequest(TextSampling):
    """The body of `POST /v1/completions`."""

    model: str | None = None
    prompt: str | list[str] | list[int] | list[list[int]]
    n: int = Field(1, ge=1, le=8)
    echo: bool | None = None
    max_tokens: int | None = None
    logprobs: int | None = None


@dataclass(frozen=True)
class CompletionCall:
    """A request understood: one turn a prompt, each to be answered `n` times. `echoes` precede the replies' texts."""

    turns: tuple[Turn, ...]
    echoes: tuple[str, ...]
    model: str | None
    n: int
    stream: bool
    include_usage: bool
    warnings: tuple[str, ...]


def read_completions(body: Any) -> CompletionCall:
    """The request as ours.

    Raises: CallerError naming the field at fault, and for every field of the protocol that is not supported.
    """
    request, warnings = read_body(CompletionRequest, body, UNSUPPORTED, NO_EFFECT)
    prompts = _prompts(request.prompt)
    if len(prompts) * request.n > MOST_CHOICES:
        text = f"{len(prompts)} prompts with n {request.n} are more than {MOST_CHOICES} completions; send fewer."
        raise CallerError(text, param="prompt")
    options = _read_options(request)
    return CompletionCall(
        turns=tuple(Turn((), options=options, raw=prompt) for prompt in prompts),
        echoes=tuple(_echo(request, prompt) for prompt in prompts),
        model=request.model,
        n=request.n,
        stream=bool(request.stream),
        include_usage=request.include_usage,
        warnings=tuple(warnings),
    )


def _prompts(prompt: str | list[str] | list[int] | list[list[int]]) -> list[str | tuple[int, ...]]:
    if isinstance(prompt, str):
        return [prompt]
    if not prompt:
        raise CallerError("prompt is empty; it needs a text or token ids.", param="prompt")
    several = [tuple(one) if isinstance(one, list) else one for one in prompt if not isinstance(one, int)]
    return [*several] if several else [tuple(one for one in prompt if isinstance(one, int))]


def _read_options(request: CompletionRequest) -> Options:
    values = request.given()
    values["max_tokens"] = request.max_tokens if request.max_tokens is not None else DEFAULT_TOKENS
    if request.logprobs is not None:
        values |= {"logprobs": True, "top_logprobs": request.logprobs}
    return parse_options(values)


def _echo(request: CompletionRequest, prompt: str | tuple[int, ...]) -> str:
    if not request.echo:
        return ""
    if request.logprobs is not None:
        raise CallerError("echo with logprobs is not supported: a prompt's own are not computed.", param="echo")
    if not isinstance(prompt, str):
        raise CallerError("echo is not supported for a prompt of token ids; send it as text.", param="echo")
    return prompt


def write_completions(
    head: ReplyHead, choices: Sequence[Choice], echoes: Sequence[str], warnings: Sequence[str]
) -> dict[str, Any]:
    """The whole reply: `n` choices for each of the prompts that `echoes` belong to. A prompt's tokens count once."""
    each = len(choices) // len(echoes)
    total = choices[0].finished.usage
    for number, choice in enumerate(choices[1:], start=1):
        total += choice.finished.usage.of_reply if number % each else choice.finished.usage
    rows = [
        write_choice(
            number,
            echoes[number // each] + "".join(message.text for message in choice.finished.messages),
            FINISH[choice.finished.reason],
            choice.tokens,
        )
        for number, choice in enumerate(choices)
    ]
    ours = {"seed": choices[0].finished.seed, "warnings": list(warnings)}
    return head.wrap("text_completion", choices=rows, usage=write_usage(total), **ours)


def write_choice(
    index: int, text: str, finish: str | None = None, tokens: Sequence[TokenDetail] = (), offset: int = 0
) -> dict[str, Any]:
    """One choice, or one piece of it in a stream; `offset` counts the characters of the pieces before."""
    return {"index": index, "text": text, "finish_reason": finish, "logprobs": _write_logprobs(tokens, offset)}


def _write_logprobs(tokens: Sequence[TokenDetail], offset: int) -> dict[str, Any] | None:
    if not tokens:
        return None
    offsets = [offset]
    for token in tokens[:-1]:
        offsets.append(offsets[-1] + len(token.text))
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{other.text: other.logprob for other in token.alternatives} for token in tokens],
        "text_offset": offsets,
    }
