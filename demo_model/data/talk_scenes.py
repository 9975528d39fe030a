"""Exchanges without tools: facts told, changed and asked for, chatter, small sums."""

from __future__ import annotations

from demo_model.data import chat, memory, words
from demo_model.data.chat import Exchange
from demo_model.data.scene import Scene


def remember(scene: Scene) -> None:
    """A fact told."""
    told = memory.fact(scene.sp, {f.what for f in scene.facts})
    if scene.sp.chance(0.2):
        scene.facts.append(told)
        other = memory.fact(scene.sp, {f.what for f in scene.facts})
        scene.facts.append(other)
        more = []
        if scene.sp.chance(0.35):
            more.append(memory.fact(scene.sp, {f.what for f in scene.facts}))
            scene.facts.extend(more)
        scene.say(memory.tell_two(scene.sp, told, other, *more), "tell")
        return
    scene.facts.append(told)
    scene.say(memory.tell(scene.sp, told), "tell")


def recall(scene: Scene) -> None:
    """A fact asked for, rarely one that was never told or one that changed."""
    sp = scene.sp
    if not scene.facts or sp.chance(0.06):
        scene.say(memory.ask_untold(sp, memory.fact(sp, {f.what for f in scene.facts})), "untold")
        return
    if len(scene.facts) > 1 and sp.chance(0.15):
        scene.say(memory.ask(sp, *sp.rng.sample(scene.facts, 2)), "recall")
        return
    scene.say(memory.ask(sp, sp.pick(scene.facts)), "recall")


def change_fact(scene: Scene) -> None:
    """A fact told again with another value."""
    if not scene.facts:
        remember(scene)
        return
    sp = scene.sp
    old = sp.pick(scene.facts)
    if sp.chance(0.6):
        new, exchange = memory.tell_changed(sp, old)
        scene.facts[scene.facts.index(old)] = new
        scene.say(exchange, "tell")
        return
    new = memory.Fact(
        old.what,
        words.proper(sp.rng)
        if old.is_name
        else str(sp.rng.randint(2, 500))
        if old.value.isdigit()
        else words.phrase(sp.rng, 1, 1),
        old.is_name,
    )
    scene.facts[scene.facts.index(old)] = new
    scene.say(memory.tell(sp, new), "tell")


def calculation(scene: Scene) -> Exchange:
    """Small numbers, as a sum or in a story."""
    sp = scene.sp
    return chat.small_story(sp) if sp.chance(0.4) else chat.small_sum(sp, scene.dialogue.thinking)


def chatter(scene: Scene) -> None:
    """One exchange without facts or tools."""
    sp = scene.sp
    roll = sp.rng.random()
    if roll < 0.4:
        if scene.looks_things_up():
            scene.say(chat.small_talk(sp), "social")
        else:
            scene.say(chat.unknown(sp), "unknown")
    elif roll < 0.58:
        scene.say(chat.social(sp), "social")
    elif roll < 0.68:
        scene.say(chat.small_talk(sp), "social")
    elif roll < 0.86:
        scene.say(chat.identity(sp), "identity")
    elif roll < 0.93:
        scene.say(chat.abilities(sp), "identity")
    else:
        scene.say(chat.social(sp), "social")
