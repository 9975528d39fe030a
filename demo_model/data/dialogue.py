"""Whole conversations: which skills meet in one chat, with which tools, under which system prompt, thinking or not."""

from __future__ import annotations

from typing import Literal

from demo_model.data import results, words
from demo_model.data.chat import Exchange, identity
from demo_model.data.declarations import declared
from demo_model.data.ontology import DraftedTool
from demo_model.data.scene import Dialogue, Scene, Style
from demo_model.data.spin import Speaker
from demo_model.data.system_prompts import plain_style, style_of
from demo_model.data.talk_scenes import calculation, change_fact, chatter, recall, remember
from demo_model.data.tool_scenes import chain, no_tool_fits, search_and_read, use_tool
from playground.messages import system

Level = Literal["early", "middle", "full"]


def open_scene(sp: Speaker, tools: list[DraftedTool], *, system_chance: float) -> Scene:
    """A scene with its tools, perhaps a system prompt, perhaps thinking."""
    dialogue = Dialogue(tools=tuple(tool.spec for tool in tools), thinking=sp.chance(0.22))
    style: Style = plain_style
    if sp.chance(system_chance):
        text, style = style_of(sp)
        if text:
            dialogue.messages.append(system(text))
    return Scene(sp, dialogue, tools, style)


def tool_dialogue(sp: Speaker, most_tools: int = 8) -> Dialogue:
    """Tools declared; mostly used, sometimes not needed."""
    count = min(most_tools, sp.pick((1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 8)))
    scene = open_scene(sp, declared(sp, count), system_chance=0.1)
    for _ in range(1 if scene.dialogue.thinking else sp.pick((1, 2, 3, 3, 4, 5))):
        roll = sp.rng.random()
        if roll < 0.52:
            use_tool(scene)
        elif roll < 0.68 and len(scene.tools) > 1:
            chain(scene) if sp.chance(0.85) else search_and_read(scene)
        elif roll < 0.8:
            no_tool_fits(scene)
        elif roll < 0.84:
            remember(scene)
        elif roll < 0.88:
            recall(scene)
        else:
            chatter(scene)
    return scene.dialogue


def choosing_dialogue(sp: Speaker) -> Dialogue:
    """Many small tools and many requests: to find the right name is what takes longest to learn."""
    scene = open_scene(sp, declared(sp, sp.rng.randint(3, 6), lean=True), system_chance=0.0)
    scene.terse = True
    for _ in range(1 if scene.dialogue.thinking else sp.rng.randint(5, 10)):
        use_tool(scene) if sp.chance(0.85) else no_tool_fits(scene)
    return scene.dialogue


def talk_dialogue(sp: Speaker) -> Dialogue:
    """No tools: facts, chatter and system prompts."""
    scene = open_scene(sp, [], system_chance=0.6)
    if scene.style is not plain_style and sp.chance(0.35):
        scene.say(identity(sp), "identity")
    for _ in range(sp.pick((1, 1, 2, 3))):
        if sp.chance(0.12):
            scene.say(calculation(scene), "sum")
        else:
            chatter(scene)
    return scene.dialogue


def memory_dialogue(sp: Speaker) -> Dialogue:
    """Facts told, other things in between, facts asked for."""
    tools = declared(sp, sp.pick((1, 2))) if sp.chance(0.12) else []
    scene = open_scene(sp, tools, system_chance=0.12)
    for _ in range(sp.pick((1, 1, 2, 3))):
        remember(scene)
        if sp.chance(0.3):
            use_tool(scene) if scene.tools else chatter(scene)
    if sp.chance(0.08):
        change_fact(scene)
    for _ in range(sp.pick((1, 2, 2, 3))):
        if sp.chance(0.2):
            use_tool(scene) if scene.tools and sp.chance(0.5) else chatter(scene)
        recall(scene)
    return scene.dialogue


def drill(sp: Speaker) -> Dialogue:
    """Bare copying and looking up: what everything else rests on. Used at the start of training."""
    pairs = {
        words.content_word(sp.rng).replace(" ", "_"): str(results.short_value(sp)) for _ in range(sp.rng.randint(2, 6))
    }
    scene = Scene(sp, Dialogue(), [], plain_style)
    if sp.chance(0.4):
        text = ", ".join(pairs.values())
        scene.say(Exchange(f"Repeat: {text}", text, text, ""), "drill")
        return scene.dialogue
    key = sp.pick(tuple(pairs))
    listing = "\n".join(f"{name}: {value}" for name, value in pairs.items())
    scene.say(Exchange(f"{listing}\n{key}?", pairs[key], pairs[key], ""), "drill")
    other = sp.pick(tuple(pairs))
    scene.say(Exchange(f"{other}?", pairs[other], pairs[other], ""), "drill")
    return scene.dialogue


def sample(sp: Speaker, level: Level = "full") -> Dialogue:
    """One dialogue of the training mix, which grows from drills and short dialogues to everything."""
    roll = sp.rng.random()
    if level == "early":
        return drill(sp) if roll < 0.5 else sp.pick((tool_dialogue(sp, 2), talk_dialogue(sp), memory_dialogue(sp)))
    tools, facts, talk, most_tools = (0.55, 0.25, 0.08, 2) if level == "middle" else (0.64, 0.16, 0.19, 8)
    if roll < tools:
        return tool_dialogue(sp, most_tools) if sp.chance(0.6) else choosing_dialogue(sp)
    if roll < tools + facts:
        return memory_dialogue(sp)
    if roll < tools + facts + talk:
        return talk_dialogue(sp)
    return drill(sp)
