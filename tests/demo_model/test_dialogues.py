import json
import random

import pytest

from demo_model.batches import tokenizer
from demo_model.data import families, ontology
from demo_model.data.dialogue import sample, tool_dialogue
from demo_model.data.scene import Dialogue
from demo_model.data.spin import Choice, Speaker, is_held_out, parse
from demo_model.data.wording import sections
from demo_model.encoding import encode, turn_of
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import Gemma3
from playground.messages import ToolResult
from tools.arguments import check_arguments


def dialogues(count: int, seed: int = 5, split: str = "train") -> list[Dialogue]:
    speaker = Speaker(random.Random(seed), split)
    return [sample(speaker) for _ in range(count)]


def test_every_call_validates_against_the_schema_of_a_declared_tool():
    calls = 0
    for dialogue in dialogues(600):
        declared = {spec.name: spec for spec in dialogue.tools}
        for message in dialogue.messages:
            for call in message.calls:
                assert check_arguments(declared[call.name], call.arguments) == call.arguments
                calls += 1
    assert calls > 300


def test_results_answer_the_calls_in_order_and_are_themselves_answered():
    for dialogue in dialogues(250):
        called = [call.id for message in dialogue.messages for call in message.calls]
        answered = [
            part.call_id for message in dialogue.messages for part in message.parts if isinstance(part, ToolResult)
        ]
        assert answered in ([], called)  # drills in choosing a tool have calls alone
        last = dialogue.messages[-1]
        assert last.role == "assistant"
        assert last.text or called != answered


def test_every_dialogue_can_be_rendered_and_names_the_skill_of_each_reply():
    for dialogue in dialogues(250):
        replies = [message for message in dialogue.messages if message.role == "assistant"]
        assert len(replies) == len(dialogue.kinds)
        assert spell(Gemma3().render(turn_of(dialogue))).startswith("<bos><start_of_turn>user\n")


def test_string_arguments_stand_in_the_request_word_for_word():
    """Copying is the skill: what cannot be copied must be derivable, such as `12 * 7` from `12 times 7`."""
    copied = total = 0
    speaker = Speaker(random.Random(3))
    for _ in range(400):
        dialogue = tool_dialogue(speaker)
        for asked, reply in zip(dialogue.messages, dialogue.messages[1:], strict=False):
            if asked.role != "user" or not reply.calls:
                continue
            for value in reply.calls[0].arguments.values():
                if isinstance(value, str):
                    total += 1
                    copied += value in asked.text or value.replace("_", " ") in asked.text
    assert total > 200
    assert copied / total > 0.9


def test_learned_spans_hold_exactly_the_models_words():
    for dialogue in dialogues(200):
        row = encode(dialogue, tokenizer())
        said = [tokenizer().decode(row.ids[a:b], skip_special_tokens=False) for a, b in row.spans]
        assert all(text.endswith("<end_of_turn>") and "<start_of_turn>" not in text for text in said)
        assert len(row.spans) == len(row.kinds)
        if not dialogue.thinking and not dialogue.foreign:
            replies = [message for message in dialogue.messages if message.role == "assistant"]
            assert [text.startswith('{"name"') for text in said] == [bool(message.calls) for message in replies]


def test_replies_in_other_words_are_read_but_never_learned():
    found = [dialogue for dialogue in dialogues(250) if dialogue.foreign and not dialogue.thinking]
    for dialogue in found:
        row = encode(dialogue, tokenizer())
        replies = [message for message in dialogue.messages if message.role == "assistant"]
        assert len(row.spans) == len(replies) - len(dialogue.foreign)
    assert found


def test_thoughts_are_learned_only_where_the_model_would_think():
    thinking = [d for d in dialogues(300) if d.thinking]
    for dialogue in thinking:
        row = encode(dialogue, tokenizer())
        for start, stop in row.spans:
            assert "</think>" in tokenizer().decode(row.ids[start:stop], skip_special_tokens=False)
    assert thinking


def test_the_same_seed_gives_the_same_dialogues():
    assert dialogues(20, seed=9) == dialogues(20, seed=9)


def test_patterns_choose_nest_and_fill():
    speaker = Speaker(random.Random(1))
    said = {speaker.say("[a|b[c|d]] {x} [e|].", {"x": "X"}) for _ in range(200)}
    assert said == {"a X e.", "a X.", "bc X e.", "bc X.", "bd X e.", "bd X."}


def test_an_unbalanced_pattern_is_refused():
    with pytest.raises(ValueError, match="bracket"):
        parse("[a|b")


def test_training_never_says_a_held_out_wording():
    patterns = sections("social")["greetings"] + sections("asked")["asked"] + sections("facts_asked")["name"]
    held_out = {pattern for pattern in patterns if is_held_out(pattern)}
    assert held_out
    speaker = Speaker(random.Random(2))
    assert not {speaker.pattern(patterns) for _ in range(1500)} & held_out
    developer = Speaker(random.Random(2), "dev")
    assert {developer.pattern(patterns) for _ in range(1500)} & held_out


def test_small_choices_hold_nothing_out():
    (choice,) = parse("[a|b|c]")
    assert isinstance(choice, Choice)
    assert not any(choice.held_out)


def test_every_concept_of_the_ontology_can_be_asked_for():
    speaker = Speaker(random.Random(4))
    for concept in ontology.everyday() + ontology.concepts("built_in"):
        drafted = ontology.draft(speaker, concept)
        assert set(drafted.names.values()) == set(drafted.spec.parameters["properties"])
        for ask in concept.asks:
            for node in parse(ask):
                if hasattr(node, "name"):
                    assert node.name in {slot.label for slot in concept.slots}


def test_every_function_of_a_family_can_be_named_described_and_asked_for():
    speaker = Speaker(random.Random(4))
    names = set()
    for concept in families.related():
        labels = {slot.label for slot in concept.slots if slot.required}
        for ask in concept.asks:
            speaker.say(ask.split(" ^")[0], {label: label for label in labels})  # KeyError where one is unknown
        spec = ontology.draft(speaker, concept).spec
        names.add(spec.name)
        assert any(noun in spec.description.lower() for noun in concept.nouns)
    assert len(names) > 250


def test_the_second_call_of_a_chain_takes_what_the_first_returned():
    speaker, found = Speaker(random.Random(6)), 0
    for _ in range(150):
        dialogue = tool_dialogue(speaker)
        for number, kind in enumerate(dialogue.kinds[1:]):
            if kind != "chain" or dialogue.kinds[number] != "chain":
                continue
            replies = [place for place, message in enumerate(dialogue.messages) if message.role == "assistant"]
            earlier, call = dialogue.messages[replies[number + 1] - 1], dialogue.messages[replies[number + 1]].calls[0]
            if earlier.role == "tool":
                result = "".join(part.text for part in earlier.parts if isinstance(part, ToolResult))
                assert any(str(value) in result or json.dumps(value) in result for value in call.arguments.values())
                found += 1
    assert found > 10
