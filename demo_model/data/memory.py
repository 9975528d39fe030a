"""Facts a person tells and later asks for."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo_model.data import words
from demo_model.data.chat import Exchange
from demo_model.data.kinds import KINDS
from demo_model.data.spin import Speaker
from demo_model.data.values import MONTHS, WEEKDAYS, clock, code, date, full_name, one_of
from demo_model.data.wording import patterns, sections


@dataclass(frozen=True)
class Fact:
    """`what` names it ("favorite color"); `value` is what was told."""

    what: str
    value: str
    is_name: bool = False


LIKES = tuple(
    heading
    for heading in sections("facts_told")
    if heading not in ("name", "anything", "corrected") and heading[:6] != "their "
)
PEOPLE = words.split(
    """brother|sister|mother|father|wife|husband|son|daughter|boss|neighbor|best friend|roommate|uncle|aunt|grandma
    |grandpa|teacher|colleague|cousin|landlord|doctor|coach|girlfriend|boyfriend|niece|nephew|mother-in-law|flatmate"""
)
POSSESSIONS = words.split(
    """password|locker code|room number|car|bike|boss|teacher|doctor|best friend|neighbor|street|hotel|school
    |company|ticket number|order number|secret word|favorite book|favorite song|favorite movie|wife|husband
    |son|daughter|mother|father|parrot|horse|boat|phone number|email|nickname|code word|flight|seat|project
    |pin|badge number|locker number|wifi name|mentor|doctor's name|landlord|postcode|car color|table number
    |team name|shoe size|favorite drink|favorite game|coach|roommate|cousin|tracking number|gate|floor|home town
    |middle name|last name|maiden name|user name|account number|customer number|policy number|reference number
    |parking spot|appointment|deadline|budget|destination|train|bus|platform|confirmation code|door code|gym
    |favorite band|favorite city|favorite author|favorite season|favorite sport|favorite dessert|favorite place
    |start date|due date|return date|monthly rent|hourly rate|license plate|laptop|phone|tablet|camera|bank
    |school subject|dream job|dream car|next stop|contact person|lawyer|dentist|vet|gardener|plumber|tenant
    |reading goal|weight goal|step goal|favorite tea|favorite spice|favorite singer|favorite word|motto|star sign"""
)


def of_life() -> dict[str, dict[str, tuple[str, ...]]]:
    """Facts told by what somebody does ("I drive a green Volvo"): wording by what they are, told, asked, values."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for what, lines in sections("facts_of_life").items():
        by_kind: dict[str, list[str]] = {}
        for line in lines:
            kind, _, text = line.partition(" ")
            by_kind.setdefault(kind, []).append(text)
        found[what] = {kind: tuple(texts) for kind, texts in by_kind.items()}
    return found


OF_LIFE = of_life()


FOREIGN_NAMES = words.split(
    """Siobhan O'Brien|Jean-Luc Moreau|Mary-Ann|Anne-Marie Lefebvre|van der Berg|Lars van Dijk|Maria da Silva|O'Connor
    |Nguyen Thi Mai|Kim Min-jun|Abd al-Rahman|Oluwaseun Adeyemi|Thandiwe Nkosi|Sakura Yamamoto|Wei Zhang|Ivan Petrov
    |Aoife|Xochitl|Bjorn Gustafsson|Ludmila Novakova|Priyanka Chatterjee|Mehmet Yilmaz|Katarzyna Wisniewska|De Luca
    |Ngozi|Jose Luis Garcia|Giulia Rossi|D'Angelo|Mei-Ling Chen|Ekaterina|Matthias Vogel|Ruairi|Tomasz
    |Ana Beatriz|Guillermo del Rio|Fatima Zahra|Yusuf Demir|Hyun-woo Park|Chidi Okonkwo|Zsofia Kovacs
    |Zoë|René|José|Łukasz|Chloé Dubois|Søren|Jürgen Müller|Núria|Agnès"""
)


def money(rng: random.Random) -> str:
    """A price in one of many notations."""
    whole, cents = rng.choice((rng.randint(2, 99), rng.randint(100, 4000))), rng.randint(0, 99)
    return rng.choice(
        (
            f"${whole}",
            f"${whole}.{cents:02d}",
            f"€{whole}",
            f"£{whole}.{cents:02d}",
            f"{whole} {rng.choice(('dollars', 'euros', 'pounds', 'francs', 'crowns', 'yen', 'rupees', 'pesos'))}",
            f"{whole}.{cents:02d} {rng.choice(('EUR', 'USD', 'GBP', 'euros', 'dollars'))}",
            f"{whole * 25:,} {rng.choice(('dollars', 'euros', 'pounds'))}",
        )
    )


def long_number(rng: random.Random) -> str:
    """Digits in groups, as on cards, parcels and forms."""
    groups = ["".join(rng.choice("0123456789") for _ in range(rng.choice((2, 3, 4)))) for _ in range(rng.randint(2, 4))]
    return rng.choice((" ", "-", "", "-", "/")).join(groups)


def booking(rng: random.Random) -> str:
    """What is printed on tickets: `QX7P2L`, `LH 1432`, `B-14`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
    head = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(2))
    return rng.choice((letters, f"{head} {rng.randint(10, 9999)}", f"{head}{rng.randint(100, 9999)}", code(rng)))


def hour(rng: random.Random) -> str:
    """A time of day, in figures or spoken."""
    spoken = rng.choice(words.split("one|two|three|four|five|six|seven|eight|nine|ten|eleven"))
    return rng.choice(
        (
            clock(rng),
            clock(rng),
            f"{rng.choice(('half past', 'quarter past', 'quarter to', 'ten to', 'five past'))} {spoken}",
            spoken + rng.choice((" o'clock", " in the morning", " in the evening", " thirty")),
            f"{rng.randint(1, 12)}.{rng.choice(('00', '15', '30', '45'))}",
        )
    )


def day(rng: random.Random) -> str:
    """A day, in figures or spoken."""
    nth, month, weekday = rng.randint(4, 20), rng.choice(MONTHS), rng.choice(WEEKDAYS)
    return rng.choice(
        (
            date(rng),
            date(rng),
            f"the {nth}th of {month}",
            f"{weekday} the {nth}th",
            f"{weekday}, {nth} {month}",
            f"{weekday} {rng.choice(('morning', 'afternoon', 'evening', 'night'))}",
            f"{nth:02d}/{rng.randint(1, 12):02d}/{rng.randint(2024, 2031)}",
            f"{month[:3]} {nth}",
        )
    )


def who(rng: random.Random) -> str:
    """Somebody, from anywhere."""
    return rng.choice(FOREIGN_NAMES) if rng.random() < 0.3 else full_name(rng)


def spot(rng: random.Random) -> str:
    """Where a thing lies."""
    where = rng.choice(words.split("under|behind|in|on|next to|on top of|inside|beneath|in front of|near"))
    owner = rng.choice(("the", "the", "my", "our", "grandma's"))
    thing = rng.choice(words.NOUNS) if rng.random() < 0.2 else rng.choice(SPOTS)
    return f"{where} {owner} {rng.choice(words.ADJECTIVES) + ' ' if rng.random() < 0.3 else ''}{thing}"


SPOTS = words.split(
    """flower pot|doormat|kitchen drawer|fridge|bookshelf|sofa|desk|wardrobe|glove box|mailbox|piano|washing machine
    |coat pocket|toolbox|bed|bathroom cabinet|shoe rack|cellar|garage|garden shed|laundry basket|microwave|backpack
    |filing cabinet|window sill|attic|coffee tin|jewelry box|reception desk|bike basket|suitcase|dresser|oven"""
)
MAKERS: dict[str, Callable[[random.Random], str]] = {
    "money": money,
    "long_number": long_number,
    "booking": booking,
    "hour": hour,
    "day": day,
    "who": who,
    "spot": spot,
    "small": lambda rng: str(rng.randint(2, 40)),
    "big": lambda rng: str(rng.randint(41, 9999)),
}
"""Kinds of values for facts only, beside those of arguments."""
ASPECTS: dict[str, Callable[[random.Random], str]] = {
    "name": who,
    "birthday": day,
    "age": lambda rng: str(rng.randint(16, 97)),
    "city": one_of(words.CITIES, 0.3),
    "job": lambda rng: rng.choice(words.JOBS),
    "phone number": long_number,
    "favorite color": lambda rng: rng.choice(words.COLOURS),
    "hobby": lambda rng: rng.choice(words.HOBBIES),
}
"""What is told about other people, each under `# their <aspect>` in the wording lists."""


def drawn(sp: Speaker, values: str) -> str:
    """A value of a `values` line: `@kind`, or one of those between the bars."""
    if not values.startswith("@"):
        return sp.pick(values.split("|"))
    kind = values[1:]
    return MAKERS[kind](sp.rng) if kind in MAKERS else str(KINDS[kind].sample(sp.rng)[1])


def aspect_of(what: str) -> tuple[str, str]:
    """Whose fact it is and which: ("brother", "birthday"); ("", "") when it is the user's own."""
    person, _, aspect = what.rpartition("'s ")
    return (person, aspect) if person in PEOPLE and aspect in ASPECTS else ("", "")


def fact(sp: Speaker, taken: set[str]) -> Fact:
    """A fact about the person, of a kind not told yet."""
    known = {gist(what) for what in taken}
    while True:
        made = _fact(sp)
        if gist(made.what) not in known:
            return made


def gist(what: str) -> str:
    """What a question for it cannot tell apart: a sister, a big sister, and a sister's name."""
    what = what.removeprefix("big ").removeprefix("little ").removeprefix("favorite ").removesuffix("'s name")
    return what.replace("'s home", "'s city")


def _fact(sp: Speaker) -> Fact:
    rng = sp.rng
    roll = rng.random()
    if roll < 0.45:
        what = sp.pick(tuple(OF_LIFE))
        (values,) = OF_LIFE[what]["values"]
        return Fact(what, drawn(sp, values))
    if roll < 0.53:
        aspect = sp.pick(tuple(ASPECTS))
        return Fact(f"{sp.pick(PEOPLE)}'s {aspect}", ASPECTS[aspect](rng))
    roll = (roll - 0.53) / 0.47
    if roll < 0.28:
        return Fact("name", who(rng) if sp.chance(0.6) else words.proper(rng), is_name=True)
    if roll < 0.7:
        what = sp.pick(LIKES)
        pet = one_of(words.FIRST_NAMES, 0.6)
        values = {
            "favorite color": lambda: sp.pick(words.COLOURS),
            "favorite food": lambda: sp.pick(words.FOODS),
            "favorite animal": lambda: sp.pick(words.ANIMALS),
            "city": lambda: one_of(words.CITIES, 0.35)(rng),
            "job": lambda: sp.pick(words.JOBS),
            "age": lambda: str(rng.randint(4, 99)),
            "lucky number": lambda: str(rng.randint(0, 99) if sp.chance(0.5) else rng.randint(100, 99999)),
            "hobby": lambda: sp.pick(words.HOBBIES),
            "birthday": lambda: day(rng),
            "team": lambda: one_of(words.TEAMS, 0.3)(rng),
        }
        return Fact(what, values.get(what, lambda: pet(rng))())
    what = sp.pick(POSSESSIONS) if roll < 0.86 else words.phrase(rng, 1, 2)
    if what in OF_LIFE and sp.chance(0.8):
        return Fact(what, drawn(sp, OF_LIFE[what]["values"][0]))
    value = sp.pick(
        (
            lambda: words.phrase(rng, 1, 2),
            lambda: words.proper(rng),
            lambda: code(rng),
            lambda: str(rng.randint(1, 9999)),
            lambda: MAKERS[sp.pick(tuple(MAKERS))](rng),
            lambda: str(
                KINDS[sp.pick(("city", "person", "colour", "product", "email", "time", "work"))].sample(rng)[1]
            ),
        )
    )()
    return Fact(what, value)


def other_value(sp: Speaker, told: Fact) -> str:
    """Another value such a fact could have had: what the person corrects."""
    aspect = aspect_of(told.what)[1]
    for _ in range(20):
        if told.what in OF_LIFE:
            (values,) = OF_LIFE[told.what]["values"]
            other = drawn(sp, values)
        elif aspect:
            other = ASPECTS[aspect](sp.rng)
        elif told.is_name:
            other = who(sp.rng)
        elif told.value.isdigit():
            other = str(sp.rng.randint(2, 10 ** len(told.value)))
        else:
            other = sp.pick((words.phrase(sp.rng, 1, 2), words.proper(sp.rng)))
        if other not in told.value and told.value not in other:
            return other
    return words.proper(sp.rng) + "x"


def mistyped(sp: Speaker, text: str) -> str:
    """One slip of the finger between two letters: doubled, dropped or swapped. Never in a value (`\0`, `\1`)."""
    places = [at for at in range(1, len(text) - 2) if text[at : at + 2].isalpha() and text[at].islower()]
    if len(places) < 6:
        return text
    at = sp.pick(places)
    one, two = text[at], text[at + 1]
    return text[:at] + sp.pick((two + one, one, two, one + one + two)) + text[at + 2 :]


def _say(sp: Speaker, pattern: str, fact: Fact, question: bool, corrected: str = "") -> str:
    if "{o}" in pattern and not corrected:
        corrected = other_value(sp, fact)
    text = sp.say(pattern, {"v": "\0", "o": "\1", "w": fact.what, "p": aspect_of(fact.what)[0]})
    if fact.what[:1] in tuple("aeio"):
        text = re.sub(rf"\b([Aa]) {re.escape(fact.what)}", rf"\1n {fact.what}", text)
    roll = sp.rng.random()
    text = text[:1].upper() + text[1:] if roll < 0.6 else text.lower() if roll < 0.7 else text
    if sp.chance(0.07 if question else 0.03):
        text = mistyped(sp, text)
    if question and sp.chance(0.75):
        text = text.rstrip(".") + "?"
    elif not question and sp.chance(0.6):
        text = text.rstrip(".!?") + sp.pick((".", ".", "!"))
    for mark, value in (("\0", fact.value), ("\1", corrected)):
        if value[:1] in tuple("aeio"):
            text = re.sub(rf"\b([Aa]) {mark}", rf"\1n {mark}", text)
        text = text.replace(mark, value)
    return text


def unended(text: str, told: Fact) -> str:
    """Without its final mark, unless that belongs to the value ("11 a.m.")."""
    return text if text.endswith(told.value) else text.rstrip(".!")


def wording_of(sp: Speaker, file: str, about: Fact, special: float = 1.0) -> str:
    """A pattern for this kind of fact, with chance `special` one of its own where it has any."""
    if about.what in OF_LIFE and sp.chance(0.85):
        return sp.pattern(OF_LIFE[about.what]["told" if file == "facts_told" else "asked"])
    known = sections(file)
    own = f"their {aspect}" if (aspect := aspect_of(about.what)[1]) else about.what
    heading = own if about.is_name or (own in known and sp.chance(special)) else "anything"
    return sp.pattern(known[heading])


def among_others(sp: Speaker, text: str) -> str:
    """The statement with an idle sentence beside it, at times. One that ends in a colon stands before it."""
    if not sp.chance(0.3):
        return text
    ended = text if text.endswith((".", "!", "?")) else text + "."
    aside = sp.pattern(patterns("asides", "asides"))
    if aside.endswith(":") or sp.chance(0.5):
        return f"{aside} {ended}"
    return f"{ended} {aside}"


def tell(sp: Speaker, told: Fact) -> Exchange:
    """The person tells a fact."""
    text = among_others(sp, _say(sp, wording_of(sp, "facts_told", told, 0.8), told, question=False))
    if told.is_name:
        reply, brief = (
            sp.pick(
                (
                    f"Nice to meet you, {told.value}!",
                    f"Hello {told.value}! I will remember your name.",
                    f"Hi {told.value}, nice to meet you!",
                    f"Got it: your name is {told.value}.",
                )
            ),
            f"Hello, {told.value}!",
        )
    else:
        reply = sp.pick(
            (
                f"Got it: your {told.what} is {told.value}.",
                f"Thank you, I will remember that your {told.what} is {told.value}.",
                f"Noted: your {told.what} is {told.value}.",
                f"Okay, your {told.what} is {told.value}.",
            )
        )
        brief = "Noted."
    return Exchange(text, reply, brief, f"The user tells me: {told.what} = {told.value}. I confirm it.")


def listed(parts: Sequence[str]) -> str:
    """Joined with commas and a last "and"."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else parts[0]


def _in_one_message(sp: Speaker, told: Sequence[Fact]) -> str:
    """Several facts as a list, as a run of clauses, or as sentences."""
    roll = sp.rng.random()
    if roll < 0.2:
        mark = sp.pick(("", "- ", "* ", "{n}. ", "{n}) "))
        sign = sp.pick((": ", ": ", " = ", " is ", " - "))
        mine = sp.pick(("", "", "my "))
        lines = [mark.format(n=n) + mine + one.what + sign + one.value for n, one in enumerate(told, 1)]
        opening = sp.pick(
            ("", "", "Some facts about me:", "Please remember:", "For later:", "My details:", "Note this:")
        )
        return "\n".join([opening, *lines] if opening else lines)
    if roll < 0.3:
        return sp.pick((", ", "; ", " / ")).join(f"{one.what}{sp.pick((': ', ' '))}{one.value}" for one in told)
    if roll < 0.4:
        text = listed([f"my {one.what} is {one.value}" for one in told])
        return sp.pick(("", "remember that ", "just so you know, ", "for your notes: ", "note that ")) + text
    texts = [_say(sp, wording_of(sp, "facts_told", one), one, question=False) for one in told]
    if len(texts) == 2 and sp.chance(0.5):
        second = texts[1]
        keeps = second.startswith(("I ", "I'", told[1].value))
        joined = sp.pick((" and ", ", and ", ", ", " - "))
        return unended(texts[0], told[0]) + joined + (second if keeps else second[:1].lower() + second[1:])
    ended = [unended(text, one).removesuffix(".") + "." for text, one in zip(texts[:-1], told[:-1], strict=True)]
    return " ".join([*ended, texts[-1]])


def tell_two(sp: Speaker, one: Fact, two: Fact, *more: Fact) -> Exchange:
    """Two facts in one message, or more."""
    told = (one, two, *more)
    summary = ", ".join(f"{each.what} = {each.value}" for each in told)
    text = _in_one_message(sp, told)
    return Exchange(
        text if "\n" in text else among_others(sp, text),
        f"Got it: {listed([f'your {each.what} is {each.value}' for each in told])}.",
        "Noted.",
        f"The user tells me: {summary}. I confirm it.",
    )


def tell_changed(sp: Speaker, old: Fact) -> tuple[Fact, Exchange]:
    """The person corrects a fact told before; the new fact, of the same kind, and the exchange."""
    new = Fact(old.what, other_value(sp, old), old.is_name)
    pattern = sp.pattern(sections("facts_told")["corrected"])
    text = _say(sp, pattern, new, question=False, corrected=old.value)
    return new, Exchange(
        text,
        sp.pick((f"Got it: your {new.what} is {new.value}.", f"Okay, your {new.what} is {new.value} now.")),
        "Noted.",
        f"The user corrects: {new.what} = {new.value}, no longer {old.value}. I confirm it.",
    )


def ask(sp: Speaker, told: Fact, *more: Fact) -> Exchange:
    """The person asks for a fact told before, or for more at once."""
    if more:
        return _ask_several(sp, (told, *more))
    text = _say(sp, wording_of(sp, "facts_asked", told, 0.85), told, question=True)
    reply = f"Your {told.what} is {told.value}."
    if sp.chance(0.15):
        reply = sp.pick((f"You told me that your {told.what} is {told.value}.", f"It is {told.value}."))
    return Exchange(text, reply, f"{told.value}.", f"The user told me before: {told.what} = {told.value}.")


JOINABLE = ("what ", "what's", "which ", "where ", "when ", "who ", "how ", "do you ", "can you ", "tell me ")
"""Questions that go on with "and" after another one."""


def _ask_several(sp: Speaker, told: Sequence[Fact]) -> Exchange:
    """Questions about several facts in one message; the answer gives each, in the order asked."""
    roll = sp.rng.random()
    texts = [_say(sp, wording_of(sp, "facts_asked", one, 0.85), one, question=True).rstrip("?. ") for one in told]
    if roll < 0.3:
        names = listed([f"my {one.what}" for one in told])
        opening = sp.pick(
            (
                "what are ",
                "tell me ",
                "do you remember ",
                "give me ",
                "remind me of ",
                "can you repeat ",
                "I need ",
                "do you still know ",
                "please list ",
                "look up ",
            )
        )
        text = opening + names + sp.pick(("?", "?", "", ", please", " again"))
    elif roll < 0.75 and all(text.lower().startswith(JOINABLE) for text in texts):
        text = listed([texts[0], *(text[:1].lower() + text[1:] for text in texts[1:])]) + sp.pick(("?", "?", ""))
    else:
        text = " ".join(f"{text}?" for text in texts)
    if sp.chance(0.5):
        text = text[:1].upper() + text[1:]
    parts = [f"your {one.what} is {one.value}" for one in told]
    reply = listed(parts)
    summary = ", ".join(f"{one.what} = {one.value}" for one in told)
    return Exchange(
        text,
        reply[:1].upper() + reply[1:] + ".",
        f"{listed([one.value for one in told])}.",
        f"The user told me before: {summary}.",
    )


def ask_untold(sp: Speaker, missing: Fact) -> Exchange:
    """The person asks for something never told."""
    text = _say(sp, wording_of(sp, "facts_asked", missing), missing, question=True)
    return Exchange(
        text,
        f"You have not told me your {missing.what} yet.",
        "You have not told me.",
        f"The user has not told me the {missing.what}.",
    )
