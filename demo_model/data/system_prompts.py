"""System prompts and what each of them does to the replies."""

from __future__ import annotations

from collections.abc import Mapping

from demo_model.data import chat, words
from demo_model.data.chat import Exchange
from demo_model.data.scene import Style
from demo_model.data.spin import Speaker
from demo_model.data.wording import patterns


def plain_style(exchange: Exchange) -> str:
    """The full reply."""
    return exchange.reply


def style_of(sp: Speaker) -> tuple[str, Style]:
    """A system prompt and what it does to replies. An empty text means no system prompt."""
    roll = sp.rng.random()
    fill: Mapping[str, str] = {
        "a": sp.pick((*words.ADJECTIVES, "friendly", "helpful", "cheerful", "grumpy", "polite")),
        "n": sp.pick(words.NOUNS + words.ANIMALS),
        "p": chat.persona_name(sp),
        "j": sp.pick(words.JOBS),
        "h": sp.pick(words.HOBBIES),
        "c": sp.pick(words.COMPANIES + words.CITIES),
        "w": sp.pick(
            (
                words.content_word(sp.rng).split()[0],
                words.proper(sp.rng),
                sp.pick(("over", "amen", "meow", "sir", "arrr", "beep", "done", "ok", "cheers", "sincerely")),
            )
        ),
        "d": chat.weekday(sp),
    }
    if roll < 0.16:
        return sp.say(sp.pattern(patterns("system_prompts", "upper"))), lambda exchange: exchange.reply.upper()
    if roll < 0.28:
        return sp.say(sp.pattern(patterns("system_prompts", "lower"))), lambda exchange: exchange.reply.lower()
    if roll < 0.42:
        return sp.say(sp.pattern(patterns("system_prompts", "brief"))), lambda exchange: exchange.brief
    if roll < 0.47:
        both = (
            sp.say(sp.pattern(patterns("system_prompts", "upper"))),
            sp.say(sp.pattern(patterns("system_prompts", "brief"))),
        )
        return " ".join(both if sp.chance(0.5) else both[::-1]), lambda exchange: exchange.brief.upper()
    if roll < 0.76:
        return sp.say(sp.pattern(patterns("system_prompts", "persona")), fill), persona_style(fill["p"])
    if roll < 0.83:
        return sp.say(
            sp.pattern(patterns("system_prompts", "ending")), fill
        ), lambda exchange: f"{exchange.reply} {fill['w']}"
    if roll < 0.88:
        return sp.say(
            sp.pattern(patterns("system_prompts", "starting")), fill
        ), lambda exchange: f"{fill['w']} {exchange.reply}"
    return sp.say(sp.pattern(patterns("system_prompts", "neutral")), fill), plain_style


def persona_style(name: str) -> Style:
    """Says the persona's name where the model would say who it is."""

    def style(exchange: Exchange) -> str:
        if exchange.reply in chat.REPLIES["identity"]:
            return f"I am {name}, played by the tiny demo model of this playground. How can I help you?"
        return exchange.reply

    return style
