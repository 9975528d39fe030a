"""Segments painted as messages of Gradio's Chatbot: a picture of the conversation, never its source.

Every text goes in as `{"type": "text"}`: a bare string would be dedented by Gradio on its way to the page.
"""

from __future__ import annotations

import html
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from playground.events import Progress, TokenDetail, Usage
from playground.messages import Image, Message, ToolResult
from playground.ui.branches import Pager
from playground.ui.markdown import fenced, link_list, literal, pretty_json, safe_markdown
from playground.ui.segments import Call, GrowingReply, Segment, Thought, Words
from playground.ui.shaped_reply import shown_json
from playground.ui.transcript import ReplyNote

MOST_TOKENS_LISTED = 400
MOST_CHARS_SHOWN = 20_000
"""Of a question: somebody's pasted megabyte would make every browser crawl. The model gets all of it."""
ACTS = {
    "edit": "Edit and send again",
    "copy": "Copy as Markdown",
    "copy-mine": "Copy",
    "regenerate": "Answer again",
    "continue": "Go on writing",
    "fork": "Go on in a new conversation",
    "raw": "Raw text",
    "card": "Run card: replay, save, share",
    "delete": "Delete this question and its reply",
}
REPLY_ACTS = ("copy", "regenerate", "fork", "raw", "delete")
Bubble = dict[str, Any]


def user_bubbles(
    message: Message, number: int, picture_urls: Sequence[str], pager: Pager | None = None
) -> list[Bubble]:
    """What a person sent: pictures, words, and the buttons to edit and copy. `number` is the exchange's."""
    content = []
    if message.images:
        content.append(_text(_pictures(message.images, picture_urls)))
    if message.text.strip():
        content.append(_text(safe_markdown(_beginning(message.text))))
    content.append(_text(f'<div class="acts">{_pager(pager, number)}{_buttons(("edit", "copy-mine"), number)}</div>'))
    return [{"role": "user", "content": content}]


def reply_bubbles(
    segments: Iterable[Segment], *, growing: bool = False, waiting: Collection[str] = (), shaped: bool = False
) -> list[Bubble]:
    """Thoughts and calls as folding panels, words as Markdown. While it grows, the last open panel spins.

    `waiting` are ids of calls that the person has to settle; `shaped`: the words were to be JSON.
    """
    bubbles: list[Bubble] = []
    sources: Sequence[str] = ()
    for segment in segments:
        match segment:
            case Thought():
                bubbles.append(_thought(segment))
            case Call():
                unanswered = "waits for you" if segment.id in waiting else "not answered"
                bubbles.append(_call(segment, growing=growing, unanswered=unanswered))
                if segment.result is not None and segment.result.sources:
                    sources = [source.url for source in segment.result.sources]  # the numbers mean the latest ones
            case Words(text):
                bubbles.append(_assistant(shown_json(text) if shaped else safe_markdown(text, sources)))
    return bubbles


def growing_bubbles(reply: GrowingReply) -> list[Bubble]:
    """A reply while it grows: what there is, or what is being waited for."""
    bubbles = reply_bubbles(reply.segments, growing=True, shaped=reply.shape is not None)
    if reply.progress is not None or not bubbles:
        bubbles.append(_assistant(f'<div class="status">{_stage(reply.progress)}</div>'))
    return bubbles


def foot(note: ReplyNote, number: int, pager: Pager | None = None, *, can_continue: bool = False) -> Bubble:
    """The quiet line under a reply, which unfolds to the figures behind it, and the reply's buttons."""
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in _figures(note))
    line = html.escape(" · ".join(_summary(note)))
    details = f'<details class="run"><summary>{line}</summary><table>{rows}</table></details>'
    names = (*(("continue",) if can_continue else ()), *(("card",) if note.run else ()), *REPLY_ACTS)
    acts = f'<div class="acts">{_pager(pager, number)}{_buttons(names, number)}</div>'
    return _assistant(f'<div class="foot">{details}{acts}</div>')


def token_panel(tokens: Sequence[TokenDetail]) -> list[Bubble]:
    """Each token's probability, and what could have stood there; nothing when none were asked for."""
    if not tokens:
        return []
    rows = "".join(_token_row(token) for token in tokens[:MOST_TOKENS_LISTED])
    more = "" if len(tokens) <= MOST_TOKENS_LISTED else f"<p>The first {MOST_TOKENS_LISTED} of {len(tokens)}.</p>"
    table = (
        f'<table class="tokens"><tr><th>token</th><th>probability</th><th>alternatives</th></tr>{rows}</table>{more}'
    )
    return [_assistant(table, title="Token probabilities", status="done", log=f"{len(tokens)} tokens")]


def _token_row(token: TokenDetail) -> str:
    others = ", ".join(f"{_spelled(other.text)} {_percent(other.logprob)}" for other in token.alternatives)
    return f"<tr><td><code>{_spelled(token.text)}</code></td><td>{_percent(token.logprob)}</td><td>{others}</td></tr>"


def _spelled(text: str) -> str:
    """A token's text with its line breaks visible."""
    return html.escape(repr(text)[1:-1])


def error_bubble(text: str, number: int, *, can_retry: bool) -> Bubble:
    """An error where it happened, in words, with what can be done."""
    retry = f'<div class="acts">{_button("regenerate", number, "Try again")}</div>' if can_retry else ""
    return _assistant(f'<div class="failure" role="alert">{html.escape(text)}{retry}</div>')


def trouble_bubble(words: str) -> Bubble:
    """What is wrong with the answer that stands above it."""
    return _assistant(f'<div class="failure" role="status">{html.escape(words)}</div>')


def silence_bubble() -> Bubble:
    """What stands where a reply ended without words, so that nobody waits for them."""
    return _assistant('<div class="status">The reply ended without words.</div>')


def call_title(call: Call) -> str:
    """A call in a few words, with its arguments where they are short."""
    if call.call is None:
        return f"**{literal(call.name)}**"
    given = ", ".join(str(value) for value in call.call.arguments.values())
    short = given if len(given) <= 60 else given[:57] + "…"
    return f"**{literal(call.name)}** {literal(short)}" if short else f"**{literal(call.name)}**"


def _beginning(text: str) -> str:
    if len(text) <= MOST_CHARS_SHOWN:
        return text
    return f"{text[:MOST_CHARS_SHOWN]}…\n\n*This is the beginning; all {len(text):,} characters were sent.*"


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _assistant(text: str, **metadata: Any) -> Bubble:
    bubble: Bubble = {"role": "assistant", "content": [_text(text)]}
    return {**bubble, "metadata": metadata} if metadata else bubble


def _pictures(images: Sequence[Image], urls: Sequence[str]) -> str:
    shown = [
        f'<a href="{url}" target="_blank"><img class="picture" src="{url}" alt="picture {number}"'
        f' width="{image.width}" height="{image.height}" loading="lazy"></a>'
        for number, (image, url) in enumerate(zip(images, urls, strict=True), start=1)
    ]
    return f'<div class="pictures">{"".join(shown)}</div>'


def _button(act: str, number: int, words: str = "") -> str:
    return f'<button class="act act-{act} at-{number}" title="{words or ACTS[act]}">{words}</button>'


def _buttons(acts: Iterable[str], number: int) -> str:
    return "".join(_button(act, number) for act in acts)


def _pager(pager: Pager | None, number: int) -> str:
    """Which version of how many, between buttons to the others; nothing where there is one."""
    if pager is None:
        return ""
    sides = (("Earlier version", "back", pager.before), ("Later version", "forth", pager.after))
    back, forth = (
        f'<button class="act act-version at-{number} to-{place} {side}" title="{title}"></button>'
        for title, side, place in sides
    )
    return f'<span class="pager">{back}<span>{pager.number}/{pager.count}</span>{forth}</span>'


def _thought(thought: Thought) -> Bubble:
    text = safe_markdown(thought.text)
    if thought.open:
        return _assistant(text, title="Thinking", status="pending")
    metadata: dict[str, Any] = {"title": "Thought", "status": "done"}
    if thought.tokens:
        metadata["log"] = f"{thought.tokens:,} {'token' if thought.tokens == 1 else 'tokens'}"
    if thought.seconds is not None:
        metadata["duration"] = round(thought.seconds, 2)
    return _assistant(text, **metadata)


def _call(call: Call, *, growing: bool, unanswered: str) -> Bubble:
    metadata: dict[str, Any] = {"title": call_title(call), "status": "done"}
    if call.result is None:
        metadata["status"] = "pending" if growing else "done"
        metadata["log"] = "running" if call.call and growing else "writing arguments" if growing else unanswered
    elif call.result.is_error:
        metadata |= {"log": "failed", "status": "done"}
    if call.repeated:
        metadata["log"] = "same call as before, answered from it"
    if call.seconds is not None:
        metadata["duration"] = round(call.seconds, 3)
    return _assistant(_call_body(call), **metadata)


def _call_body(call: Call) -> str:
    given = pretty_json(dict(call.call.arguments)) if call.call else fenced(call.arguments or "…", "json")
    parts = ["Arguments", given]
    if call.result is not None:
        told = "Error, as the model was told" if call.result.is_error else "Result, as the model was told"
        parts += [told, _result(call.result)]
    return "\n\n".join(parts)


def _result(result: ToolResult) -> str:
    links = link_list([(source.title, source.url) for source in result.sources])
    return fenced(result.text) + (f"\n\nSources\n\n{links}" if result.sources else "")


def _stage(progress: Progress | None) -> str:
    match progress:
        case Progress("queued", ahead, _):
            return f"Waiting: {ahead} {'request' if ahead == 1 else 'requests'} ahead of this one"
        case Progress("loading", done, total):
            return f"Loading the model{f': {done / total:.0%}' if total else ''}"
        case Progress("prefill", done, total) if total:
            return f"Reading: {done:,} of {total:,} tokens"
        case _:
            return '<span class="dots"><i></i><i></i><i></i></span>'


def _summary(note: ReplyNote) -> list[str]:
    usage = note.usage
    words = [
        f"{usage.prompt_tokens:,} tokens in" + (f", {usage.cached_tokens:,} cached" if usage.cached_tokens else "")
    ]
    words.append(f"{usage.completion_tokens:,} out")
    if usage.first_token_s:
        words.append(f"first after {_seconds(usage.first_token_s)}")
    if usage.tokens_per_second:
        words.append(f"{usage.tokens_per_second:.1f} tokens/s")
    words.append(f"seed {note.seed}")
    if note.dropped:
        words.append(f"first {note.dropped} messages left out, as the context is full")
    ends = {"length": "cut at the longest reply", "cancelled": "stopped before its end"}
    return [*words, ends[note.reason]] if note.reason in ends else words


def _figures(note: ReplyNote) -> list[tuple[str, str]]:
    usage: Usage = note.usage
    pictures = f", {_seconds(usage.image_s)} of it pictures" if usage.image_s else ""
    guesses = f"{usage.proposed_tokens:,} tokens, {usage.accepted_tokens:,} of them right"
    rows = [
        ("Model", note.model),
        ("Prompt", f"{usage.prompt_tokens:,} tokens, {usage.cached_tokens:,} of them from the cache"),
        ("Cache", usage.cache_note),
        ("Reply", f"{usage.completion_tokens:,} tokens, {usage.thinking_tokens:,} of them thinking"),
        ("Waited", _seconds(usage.queue_s)),
        ("Reading", _seconds(usage.prefill_s) + pictures),
        ("Writing", _seconds(usage.decode_s)),
        ("Guessed ahead", guesses if usage.proposed_tokens else ""),
        ("Ended", note.reason + (f" at {note.stop!r}" if note.stop else "")),
        ("Seed", str(note.seed)),
    ]
    return [(name, value) for name, value in rows if value]


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def _percent(logprob: float) -> str:
    return f"{math.exp(logprob):.1%}"
