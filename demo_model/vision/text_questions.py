"""Questions about what is printed in a picture, in the manner of `questions.py`."""

from __future__ import annotations

from demo_model.data.spin import Speaker
from demo_model.vision import wordings
from demo_model.vision.asking import QA, ask
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import PLACES, call_colour, call_place, place_of
from demo_model.vision.scene import Scene
from demo_model.vision.words import sample_number, sample_word


def text_position(scene: Scene, speaker: Speaker) -> QA | None:
    """Where is the word? The text is at the top."""
    if len(scene.letterings) != 1:
        return None
    place = place_of(scene, scene.letterings[0].centre)
    words = {"x": speaker.say("the [text|text|word|writing|lettering|print|inscription|caption]")}
    return (ask(speaker, wordings.POSITION, words), f"The text is {place}.") if place else None


def read(scene: Scene, speaker: Speaker) -> QA | None:
    """What does it say? The text says HELLO."""
    if not scene.letterings:
        if speaker.chance(0.02):
            return ask(speaker, wordings.READ), "There is no text in the picture."
        return None
    printed = " ".join(lettering.string for lettering in scene.letterings)
    if printed.isdigit():
        wording = wordings.READ_NUMBER if speaker.chance(0.7) else wordings.READ
        return ask(speaker, wording), f"The number is {printed}."
    return ask(speaker, wordings.READ), f"The text says {printed}."


def text_colour(scene: Scene, speaker: Speaker) -> QA | None:
    """What colour is the text? The text is blue."""
    if len(scene.letterings) != 1:
        return None
    words = {"x": speaker.say("the [text|text|word|writing|lettering|print|inscription|caption]")}
    return ask(speaker, wordings.COLOUR, words), f"The text is {scene.letterings[0].colour}."


def says(scene: Scene, speaker: Speaker) -> QA | None:
    """Does it say HELLO? Yes, it says HELLO."""
    if len(scene.letterings) != 1:
        return None
    if speaker.chance(0.25):
        return _is_text(scene, speaker)
    printed = scene.letterings[0].string
    agrees = speaker.chance(0.5)
    asked = printed if agrees else _other_word(speaker, printed)
    if printed != printed.lower() and speaker.chance(0.1):
        asked = asked.lower()
    quoted = asked if speaker.chance(0.6) else speaker.pick((f'"{asked}"', f'"{asked}"', f"'{asked}'"))
    verb = "the number is" if printed.isdigit() else "it says"
    return ask(speaker, wordings.SAYS, {"text": quoted}), f"{'Yes' if agrees else 'No'}, {verb} {printed}."


def _is_text(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the text red, or at the top? No, the text is blue."""
    lettering, agrees = scene.letterings[0], speaker.chance(0.5)
    words = speaker.say("the [text|word|writing|lettering|print|caption|inscription]")
    sure = "Yes" if agrees else "No"
    if speaker.chance(0.5):
        others = [name for name in COLOURS if name != lettering.colour]
        asked = call_colour(speaker, lettering.colour if agrees else speaker.pick(others))
        return ask(speaker, wordings.IS_IT, {"x": words, "y": asked}), f"{sure}, the text is {lettering.colour}."
    here = place_of(scene, lettering.centre)
    if here is None:
        return None
    asked = here if agrees else speaker.pick([place for row in PLACES for place in row if place != here])
    wording = speaker.pick((wordings.IS_PLACED, wordings.IS_IT))
    return ask(speaker, wording, {"x": words, "y": call_place(speaker, asked)}), f"{sure}, the text is {here}."


def _other_word(speaker: Speaker, printed: str) -> str:
    """Another word or number; sometimes one that differs in a single letter."""
    while True:
        if printed.isdigit():
            other = sample_number(speaker.rng)
        elif speaker.chance(0.2) and len(printed) > 2:
            place, letter = speaker.rng.randrange(len(printed)), speaker.pick("abcdefghijklmnopqrstuvwxyz")
            letter = letter.upper() if printed[place].isupper() else letter
            other = printed[:place] + letter + printed[place + 1 :]
        else:
            other = sample_word(speaker.rng)
        if other.lower() != printed.lower():
            return other
