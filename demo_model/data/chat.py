"""Talk without tools: greetings, who the model is, small talk, small sums, and the honest answer to anything else."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.data import words
from demo_model.data.spin import Speaker
from demo_model.data.values import WEEKDAYS, sentence, topic
from demo_model.data.wording import patterns, sections
from demo_model.data.words import split


@dataclass(frozen=True)
class Exchange:
    """A message, the full reply, a brief one, and what one would think before it."""

    text: str
    reply: str
    brief: str
    thought: str


REPLIES = sections("replies")
"""What the model says, word for word; the other lists are what people say."""


def _fill(sp: Speaker, name: str) -> str:
    rng = sp.rng
    match name:
        case "n":
            return words.content_word(rng) if sp.chance(0.2) else sp.pick(words.NOUNS + words.THINGS + words.ANIMALS)
        case "a":
            return sp.pick(words.ADJECTIVES)
        case "t":
            return topic(rng)
        case "c":
            return sp.pick(words.COUNTRIES + words.CITIES)
        case "l":
            return sp.pick(words.LANGUAGES)
        case "v":
            return sp.pick(words.VERBS)
        case "w":
            return sp.pick(words.NOUNS + words.FOODS) if sp.chance(0.7) else words.phrase(rng, 1, 3)
        case "x":
            return str(rng.randint(2, 100))
        case "y":
            return str(rng.randint(1000, 2030))
        case _:
            return sentence(rng)


def spoken(sp: Speaker, pattern: str) -> str:
    """A message in somebody's typing: casing and final punctuation vary."""
    text = sp.say(pattern, lambda name: _fill(sp, name))
    roll = sp.rng.random()
    if roll < 0.55:
        text = text[:1].upper() + text[1:]
    elif roll < 0.6:
        text = text.upper()
    if sp.chance(0.25):
        text = text.rstrip("?.!")
    if sp.chance(0.08):
        text = sp.say("[hey|hi|hello|ok|so|well|please|um|listen|tell me|and|but|now][,|!|] ") + " " + text
    if sp.chance(0.06) and len(text) > 8:
        at = sp.rng.randrange(2, len(text) - 2)
        text = text[:at] + text[at + 1 :]
    return text


def social(sp: Speaker) -> Exchange:
    """A greeting, thanks, goodbye or another pleasantry."""
    heading, replies, thought = sp.pick(
        (
            ("greetings", REPLIES["greeting"], "The user greets me."),
            ("greetings", REPLIES["greeting"], "The user greets me."),
            ("how_are_you", REPLIES["how"], "The user asks how I am."),
            ("thanks", REPLIES["thanks"], "The user thanks me."),
            ("byes", REPLIES["bye"], "The user says goodbye."),
        )
    )
    brief = {
        "The user greets me.": "Hello!",
        "The user asks how I am.": "I am fine, thanks.",
        "The user thanks me.": "You are welcome!",
    }
    return Exchange(
        spoken(sp, sp.pattern(patterns("social", heading))),
        sp.pick(replies),
        brief.get(thought, "Goodbye!"),
        thought + " I answer politely.",
    )


def small_talk(sp: Speaker) -> Exchange:
    """A remark."""
    replies, remarks = sp.pick(tuple(sections("small_talk").items()))
    reply = sp.pick(replies.split(" / "))
    return Exchange(
        spoken(sp, sp.pattern(remarks)),
        reply,
        reply.split(". ")[0].rstrip(".!") + ".",
        "This is small talk. I answer politely.",
    )


def identity(sp: Speaker) -> Exchange:
    """Who or what the model is."""
    return Exchange(
        spoken(sp, sp.pattern(patterns("identity", "identity"))),
        sp.pick(REPLIES["identity"]),
        REPLIES["identity_brief"][0],
        "The user asks who I am. I say what I am and what I am not.",
    )


def abilities(sp: Speaker) -> Exchange:
    """What the model can do."""
    return Exchange(
        spoken(sp, sp.pattern(patterns("identity", "abilities"))),
        sp.pick(REPLIES["ability"]),
        REPLIES["ability_brief"][0],
        "The user asks what I can do. I list what I have learned.",
    )


def unknown(sp: Speaker) -> Exchange:
    """Anything else: an honest answer."""
    return Exchange(
        spoken(sp, sp.pattern(patterns("asked", "asked"))),
        sp.pick(REPLIES["honest"]),
        sp.pick(REPLIES["honest_brief"]),
        "I have not learned this. I should say so honestly.",
    )


def small_sum(sp: Speaker, thinking: bool) -> Exchange:
    """An addition of small numbers; carried digit by digit when thinking."""
    high = 99 if thinking and sp.chance(0.75) else 9
    a, b = sp.rng.randint(0, high), sp.rng.randint(0, high)
    total = a + b
    text = sp.say(
        sp.pattern(
            (
                f"what is {a} + {b}[?|]",
                f"{a} + {b}[?| =| = ?|]",
                f"what's {a} plus {b}[?|]",
                f"[how much|what] is {a}+{b}[?|]",
                f"[calculate|add|compute] {a} [and|+|plus] {b}[.|]",
                f"[can you add|please add|add up] {a} and {b}[?|.|]",
                f"[tell me|give me] the sum of {a} and {b}[.|]",
            )
        )
    )
    ones = a % 10 + b % 10
    if a > 9 or b > 9:
        carry = ones // 10
        tens = a // 10 + b // 10 + carry
        thought = (
            f"{a} + {b}: ones {a % 10} + {b % 10} = {ones}, write {ones % 10}, carry {carry}. "
            f"Tens {a // 10} + {b // 10} + {carry} = {tens}. The sum is {total}."
        )
    else:
        thought = f"{a} + {b} = {total}."
    return Exchange(text, f"{a} + {b} = {total}.", f"{total}.", thought)


def counting(sp: Speaker, high: int = 20) -> tuple[str, str, int, str]:
    """A small story about numbers: text, expression, result, and what is counted."""
    a, b = sp.rng.randint(3, high), sp.rng.randint(1, high)
    takes = sp.chance(0.6)
    if takes and b > a:
        a, b = b, a
    noun = sp.pick(
        words.split(
            "apples|books|coins|eggs|pens|cookies|marbles|balloons|cards|sheep|chairs|candies|stamps|cups|flowers|oranges|toys|keys"
        )
    )
    text = sp.say(
        sp.pattern(patterns("counting", "taken" if takes else "added")),
        {"p": sp.pick(words.FIRST_NAMES), "a": str(a), "b": str(b), "n": noun},
    )
    return text[:1].upper() + text[1:], f"{a} {'-' if takes else '+'} {b}", a - b if takes else a + b, noun


def small_story(sp: Speaker) -> Exchange:
    """A word problem with small numbers."""
    text, expression, result, noun = counting(sp)
    answer = f"{result} {noun}." if result != 1 else f"1 {noun.rstrip('s')}."
    return Exchange(
        text, f"There are {answer}" if result != 1 else f"There is {answer}", f"{result}.", f"{expression} = {result}."
    )


PERSONAS = split("Captain|Professor|Doctor|Chef|Sir|Lady|Agent|Aunt|Uncle|Robot|Wizard|Coach|Nurse|Judge")


def persona_name(sp: Speaker) -> str:
    """A name for a persona."""
    name = sp.pick(words.FIRST_NAMES) if sp.chance(0.4) else words.proper(sp.rng)
    return f"{sp.pick(PERSONAS)} {name}" if sp.chance(0.2) else name


def weekday(sp: Speaker) -> str:
    """A day of the week."""
    return sp.pick(WEEKDAYS)
