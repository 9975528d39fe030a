"""Invented names stand wherever the name stood that they replace, and nowhere else."""

import random

from embedded_model.dialogues import Dialogue
from embedded_model.unseen_names import invented, with_unseen_names
from playground.messages import Text, ToolCall, ToolResult, assistant, tool, user
from playground.turn import Turn
from tools.tool import ToolSpec

SPEC = ToolSpec(
    "hire",
    "Hires a boat in a harbour.",
    {
        "type": "object",
        "properties": {
            "harbour": {"type": "string"},
            "kind": {"enum": ["dinghy", "cutter"]},
            "day": {"type": "string"},
            "crew": {"type": "array", "items": {"type": "string"}},
        },
    },
)
ARGUMENTS = {"harbour": "Ravenholm", "kind": "cutter", "day": "Sunday week", "crew": ["Lydia Santos"]}


def told():
    call = ToolCall("1", "hire", ARGUMENTS)
    result = ToolResult("1", "hire", '{"harbour": "Ravenholm", "owner": "Colin", "code": "9X50", "note": "Bring Fuel"}')
    turn = Turn(
        (
            user("A cutter at Ravenholm on Sunday week, with Lydia Santos! I love ravenholm."),
            assistant(call),
            tool(result),
            assistant(Text("Colin's boat at Ravenholm is yours. Code 9X50.")),
        ),
        (SPEC,),
    )
    return Dialogue("x", turn)


def test_names_are_replaced_in_the_whole_dialogue():
    asked, called, answered, said = with_unseen_names(told(), random.Random(0)).turn.messages
    arguments = called.calls[0].arguments
    harbour, crew = arguments["harbour"], arguments["crew"][0]
    assert harbour != "Ravenholm"
    assert crew != "Lydia Santos"
    assert harbour[0].isupper()
    assert asked.text == f"A cutter at {harbour} on Sunday week, with {crew}! I love {harbour.lower()}."
    assert said.text.endswith(f"'s boat at {harbour} is yours. Code 9X50.")
    assert not said.text.startswith("Colin")
    owner = said.text.split("'")[0]
    assert answered.parts[0].text == (
        f'{{"harbour": "{harbour}", "owner": "{owner}", "code": "9X50", "note": "Bring Fuel"}}'
    )


def test_what_has_a_meaning_stays():
    _, called, *_ = with_unseen_names(told(), random.Random(0)).turn.messages
    assert called.calls[0].arguments["kind"] == "cutter"
    assert called.calls[0].arguments["day"] == "Sunday week"


def test_a_dialogue_without_names_is_left_alone():
    one = Dialogue("x", Turn((user("What is 2 + 2?"), assistant(Text("4")))))
    assert with_unseen_names(one, random.Random(0)) is one


def test_the_same_seed_invents_the_same_words():
    assert [invented(random.Random(3)) for _ in range(2)] == [invented(random.Random(3))] * 2
    order = random.Random(0)
    words = [invented(order) for _ in range(200)]
    assert len(set(words)) > 190
    assert all(word.isalpha() and word.islower() and 4 <= len(word) < 16 for word in words)
