"""Puts a wording into a whole message: opener, form, closer, and the small sloppiness of people who type."""

from __future__ import annotations

from collections.abc import Mapping

from demo_model.data.spin import Speaker
from demo_model.vision.wordings import Wording

QA = tuple[str, str]
"""A question and its answer."""

PIC = "[picture|picture|image|image|photo|drawing|graphic]"

_QUESTION = (
    "[||||||hey, |hi! |hello, |quick question: |ok, |now |so |and |please: |question: |one question: |one more thing: |"
    f"well, |look at [the|this] {PIC}: |in [the|this] {PIC}, |about [the|this] {PIC}: |[here is|this is] my {PIC}. |"
    f"take a look. |for this {PIC}: |looking at this {PIC}, |judging by the {PIC}, |help me: |tell me, |tell me: |"
    "can you tell me: |I'd like to know: |I am curious: |umm, |ok so |excuse me, |sorry, |alright: |next one: |next: |"
    "just wondering, |if you look closely, |out of curiosity, |for my notes: |serious question: |say, |hmm, |um |"
    "listen, |be honest, |from what you see, |at a glance, |in your view, |dear assistant, |buddy, |no rush, but |]{q}"
    f"[||||||| in [the|this] {PIC}| here| there| please|, please| now|, do you think| for me|, can you tell|"
    " then]"
)
_CLAUSE = (
    "[tell me|please tell me|can you tell me|could you tell me|can you say|could you say|I want to know|"
    "I'd like to know|"
    "I would like to know|do you know|let me know|would you tell me|I need to know|say|I wonder|help me find out|"
    "I'm asking|please say|any idea|can you see|explain|find out|show me|be so kind and tell me|I am wondering|"
    f"look at the {PIC} and tell me|what I want to know is|work out|you can surely say|answer me this: tell me|"
    "my screen reader user wants to know|I am blind and need to know|my [son|daughter|boss|teacher|grandma|"
    "client] wants to know|"
    "my [son|daughter|boss|teacher|grandma|client] is asking|I have to write down|for the alt text I need to know|"
    "I forgot my glasses, so tell me|I can't see it from here, so tell me|what I'm after is|I was wondering|"
    "would you mind telling me|would you be able to tell me|could you kindly tell me|could you let me know|"
    "I'd be glad to know|I'd appreciate it if you told me|if you don't mind, tell me|mind telling me|"
    "I can't make out|I am trying to find out|help me see|please work out|please find out|"
    "quickly tell me|let's see if you can tell me|we need to know|we want to know|we were arguing about|"
    "it would help to know|it would be nice to know|all I need is|all I want to know is|remind me|describe|figure out|"
    "got any idea|care to tell me|are you able to tell|are you able to say|do you happen to know|can you figure out|"
    "can you make out|can you work out|can you determine|please determine|please check]"
    f" {{q}}[||||| please|, please| in [the|this] {PIC}| here|, would you| if you can]"
)
_NOUN_CLAUSE = (
    "[tell me|please tell me|can you tell me|could you tell me|could you give me|give me|I want to know|"
    "I'd like to know|"
    "I would like to know|do you know|let me know|I need|I need to know|say|find out|show me|be so kind and tell me|"
    f"look at the {PIC} and tell me|what I want to know is|work out|I'm asking for|I'm interested in|I'm looking for|"
    "my screen reader user wants to know|I am blind and need to know|I have to write down|for the alt text I need|"
    "my [son|daughter|boss|teacher|grandma|client] wants to know|my [son|daughter|boss|teacher|grandma|"
    "client] asked for|"
    "I forgot my glasses, so tell me|what I'm after is|would you mind telling me|could you kindly tell me|"
    "I can't make out|"
    "could you let me know|I'd be glad to know|I'd be grateful for|if you don't mind, tell me|mind telling me|we need|"
    "I am trying to find out|please work out|quickly tell me|we were arguing about|all I need is|remind me of|describe|"
    "figure out|care to tell me|do you happen to know|can you figure out|can you make out|can you determine|"
    "please check|"
    "my question is about|I have a question about|the thing I need is|it's about]"
    f" {{q}}[||||| please|, please| in [the|this] {PIC}| here|, would you| if you can]"
)
_ORDER = (
    "[|||||please |can you |could you |now |would you |I want you to |I need you to |I'd like you to |go ahead and |"
    f"your task: |kindly |ok, |look at the {PIC} and |for this {PIC}, |try to |just |help me |you should |then |"
    "next, |first, |quickly |if you can, |if you would, |be a dear and |"
    "do me a favour and |I want to see you |let's see you |time to |your job is to |would you mind if I asked you to |"
    "might I ask you to |could I get you to |could you please |can you please |I'd love for you to |hey, |well, |"
    f"from this {PIC}, |using the {PIC}, |take this {PIC} and ]"
    f"{{q}}[||||| please|, please| for me| in [the|this] {PIC}| here| now|, thanks]"
)
_FEW_WORDS = (
    f"[||||please: |just |quick: |pls: |asap: |next: |then: |]{{q}}[|||| please|, please| in [the|this] {PIC}| here]"
)

# Sentences around the question that have nothing to do with the answer.
_BEFORE = (
    "hello",
    "good morning",
    "hi, I need some help",
    f"I have a question about [this|the] {PIC}",
    f"[here is|here's|this is] a {PIC} [of mine|I made|from my friend|]",
    "[my son|my daughter|a friend|my teacher|somebody] [drew|made|sent me] this",
    f"I [made|drew|found] this [{PIC}|myself|yesterday|for you|]",
    f"[take a look|have a look|look closely|please look] at [this|the] {PIC}",
    "I am [testing you|testing your eyes|trying you out|testing how well you see]",
    "[let us|let's] [play|try] a [game|test|quiz]",
    "I [cannot|can't] [see|make out] [it|this] [well|clearly|properly]",
    "this is for [school|my homework|a test|work]",
    f"there is [something|one thing] I want to know about [this|the] {PIC}",
    f"I [just|have just] [uploaded|sent|attached] a {PIC}",
    "thanks, that helps",
    "I am [blind|visually impaired|colour blind] and use a screen reader",
    "my [kid|little one|niece|nephew|grandson] is learning [shapes|colours|to read]",
    "I [drew|made] this for my [class|blog|mum|website]",
    f"[sorry|excuse me], the {PIC} is a bit [small|blurry|grainy|rough]",
    f"the {PIC} did not load on my side",
    "[we|my friend and I] have a bet [going|on this]",
    "I'm [writing|filling in] [alt text|a worksheet|a form|a report]",
    "my eyes are [bad|tired|not what they used to be]",
    "[hope|I hope] you can see it",
    f"[got|have] the {PIC} open",
    "[right|ok|alright], next one",
    "[I am|I'm] on my phone and the screen is [tiny|cracked]",
    "[let me|I want to] check my answer",
    "[great|nice|good|okay|perfect]",
)
_AFTER = (
    "[thanks|thank you|thanks a lot|cheers]",
    "[keep it short|be brief|a short answer is enough|one sentence is enough|short answer please]",
    "[just curious|I am curious|I want to be sure|it matters to me|I am not sure]",
    "[take your time|look carefully|no hurry]",
    "I [cannot|can't] tell",
    "[do not guess|be exact|be honest|don't make anything up]",
    "[I forgot my glasses|my screen is broken|my eyes are bad]",
    "it is for [school|a quiz|my report|the alt text|my little brother]",
    "[we have a bet|my friend says otherwise|my sister disagrees]",
    "[that's all|nothing else|only that]",
)

_FORMS = (
    ("questions", _QUESTION, 5.0),
    ("clauses", _CLAUSE, 2.5),
    ("orders", _ORDER, 2.0),
    ("few_words", _FEW_WORDS, 0.8),
    ("wholes", "{q}", 4.0),
)
_ASKING_STARTS = (
    "can you",
    "could you",
    "would you",
    "do you",
    "any idea",
    "got any idea",
    "mind telling",
    "care to",
    "are you able",
    "might i",
    "could i",
)
_ENDED = (".", "?", "!")


def ask(speaker: Speaker, wording: Wording, fill: Mapping[str, str] | None = None) -> str:
    """A message that asks this, with the slots filled. Values in quotes or capitals stay as they are."""
    forms = [(getattr(wording, name), frame, weight) for name, frame, weight in _FORMS if getattr(wording, name)]
    patterns, frame, _ = speaker.rng.choices(forms, weights=[form[2] for form in forms])[0]
    words = {"pic": speaker.say(PIC), **(fill or {})}
    core = speaker.say(speaker.pattern(patterns), words)
    if frame is _CLAUSE and core.startswith(("the ", "its ", "all ", "each ", "every")):
        frame = _NOUN_CLAUSE
    message = speaker.say(frame, {"q": core}).replace("a image", "an image")
    is_question = frame is _QUESTION or message.lower().startswith(_ASKING_STARTS)
    message = finish(speaker, message, is_question=is_question)
    if fill is None or "text" not in fill:
        message = _type_badly(speaker, message)
    return _surround(speaker, message)


def _type_badly(speaker: Speaker, message: str) -> str:
    """Rarely shouted, all small, without apostrophes, or with a slip of the finger in a longer word."""
    draw = speaker.rng.random()
    if draw < 0.015:
        return message.upper()
    if draw < 0.05:
        return message.lower().rstrip("?.!")
    if draw < 0.08:
        return message.replace("'", "")
    words = message.split(" ")
    place = speaker.rng.randrange(len(words))
    word = words[place]
    if draw < 0.12 and len(word) > 4 and word.isalpha() and word.islower():
        at = speaker.rng.randrange(1, len(word) - 1)
        slip = speaker.pick((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
        words[place] = slip
    return " ".join(words)


def _surround(speaker: Speaker, message: str) -> str:
    if speaker.chance(0.12):
        before = speaker.say(speaker.pattern(_BEFORE)).replace("a image", "an image")
        before = finish(speaker, before, is_question=False)
        message = f"{before}{'' if before.endswith(_ENDED) else '.'} {message}"
    if speaker.chance(0.08):
        after = finish(speaker, speaker.say(speaker.pattern(_AFTER)), is_question=False)
        message = f"{message}{'' if message.endswith(_ENDED) else '.'} {after}"
    return message


def finish(speaker: Speaker, message: str, *, is_question: bool) -> str:
    """Capital first and the right mark at the end, mostly."""
    if not speaker.chance(0.25):
        message = message[0].upper() + message[1:]
    if message.endswith(_ENDED) or speaker.chance(0.2):
        return message
    if is_question:
        return message + speaker.pick(("?", "?", "?", "?", "?", "??", " ?", "."))
    return message + speaker.pick((".", ".", ".", ".", "!", ""))
