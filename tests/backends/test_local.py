"""A local model's replies as events, end to end on tiny random models of both families."""

import io
import json
import threading
import time

import numpy as np
import PIL.Image
import pytest
import torch
from transformers import PreTrainedTokenizerFast
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.gemma3.processing_gemma3 import Gemma3Processor

from playground.backends.local import LocalBackend
from playground.dialects import dialect_for
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import Gemma3
from playground.engine import weights
from playground.engine.image_inputs import PAN_AND_SCAN
from playground.errors import CallerError, ContextTooLong, UnsupportedInput
from playground.events import (
    CallReady,
    Failed,
    Finished,
    Progress,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    Usage,
)
from playground.grammar import Choice, JsonSchema
from playground.images import read_image
from playground.messages import Text, Thinking, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.run_card import compare
from playground.turn import Turn
from tests.backends.tiny import load_tiny, save_tiny
from tests.dialects.replies import merged
from tests.dialects.schemas import TOOLS
from tests.dialects.toy_tokenizer import toy_tokenizer
from tools.arguments import check_arguments
from tools.tool import ToolSpec

NOW = ToolSpec("now", "The time.", {"type": "object", "properties": {}})
FAMILIES = ("gemma3", "gemma4")


@pytest.fixture(scope="module")
def backends(tmp_path_factory):
    made = {kind: load_tiny(kind, tmp_path_factory.mktemp(kind)) for kind in (*FAMILIES, "gemma3_text")}
    yield made
    for backend in made.values():
        backend.close()


@pytest.fixture(params=FAMILIES)
def backend(request, backends):
    return backends[request.param]


def asked(*messages, tools=(), prefill="", **options):
    defaults = {"max_tokens": 12, "seed": 3}
    return Turn(messages or (user("Hi"),), tools, Options(**{**defaults, **options}), prefill)


def reply(backend, turn, cancel=None):
    """All events; the last is the only terminal one."""
    events = list(backend.reply(turn, cancel or threading.Event()))
    assert [isinstance(event, Finished | Failed) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def finished(backend, turn):
    end = reply(backend, turn)[-1]
    assert isinstance(end, Finished), end
    return end


def failed(backend, turn):
    end = reply(backend, turn)[-1]
    assert isinstance(end, Failed), end
    return end.error


def called(backend):
    """The end of a reply that had to call `now`."""
    options = {"tool_choice": Choice("required"), "parallel_tool_calls": False, "thinking": "off", "max_tokens": 80}
    return finished(backend, asked(tools=(NOW,), **options))


def picture(color="red", size=(60, 40)):
    data = io.BytesIO()
    PIL.Image.new("RGB", size, color).save(data, "PNG")
    return read_image(data.getvalue())


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_a_reply_streams_its_text_and_ends_with_the_message_and_the_figures(backend):
    events = reply(backend, asked())
    end = events[-1]
    assert end.reason == "length"
    assert end.messages == (assistant(text_of(events)),)
    assert end.seed == 3
    usage = end.usage
    assert usage.completion_tokens == 12
    assert usage.prompt_tokens == len(end.card["prompt_ids"])
    assert usage.first_token_s > 0
    assert any(isinstance(event, Progress) and event.stage == "prefill" for event in events)


def test_the_same_seed_gives_the_same_reply_and_a_drawn_one_is_reported(backend):
    drawn = finished(backend, asked(seed=None))
    again = finished(backend, asked(seed=drawn.seed))
    assert again.messages == drawn.messages
    assert compare(drawn.card, again.card).identical
    others = [finished(backend, asked(seed=seed)) for seed in range(4)]  # so small a model is rather sure of itself
    assert not all(compare(drawn.card, other.card).identical for other in others)


def test_a_second_turn_is_partly_cached_or_says_why_not(backend):
    turn = asked(user("Hi there. " * 40))
    finished(backend, turn)
    usage = finished(backend, turn).usage
    assert usage.cached_tokens > 0 or usage.cache_note


def test_what_the_cache_missed_is_called_by_its_name(backend):
    def note(*messages, **changes):
        return finished(backend, asked(*messages, max_tokens=1, **changes)).usage.cache_note

    instructions, rest = system("Be brief, kind and exact. Do not guess."), user("Which one of them was the first?")
    note(instructions, user("Tell me about rivers and lakes."), assistant("They are wet."), rest)
    assert "message was edited" in note(
        instructions, user("Tell me about hills and lakes."), assistant("They are wet."), rest
    )
    changed = system("Be brief, rude and exact. Do not guess.")
    said = "the system prompt or the tools changed"
    assert said in note(changed, user("Tell me about rivers and lakes."), assistant("They are wet."), rest)
    assert said in note(
        instructions, user("Tell me about rivers and lakes."), assistant("They are wet."), rest, tools=(NOW,)
    )


def test_stop_strings_end_the_reply_before_them_and_leak_nothing(backend):
    whole = text_of(reply(backend, asked(max_tokens=40)))
    stop = whole[len(whole) // 2 :][:2]
    events = reply(backend, asked(max_tokens=40, stop=(stop,)))
    assert text_of(events) == whole[: whole.index(stop)]
    end = events[-1]
    assert (end.reason, end.stop) == ("stop", stop)
    assert end.usage.completion_tokens < 40
    assert end.usage.decode_s > 0


def test_token_details_come_only_when_asked_for_and_spell_the_text(backend):
    assert not [event for event in reply(backend, asked()) if isinstance(event, TokenDetail)]
    details = [e for e in reply(backend, asked(logprobs=True, top_logprobs=3)) if isinstance(e, TokenDetail)]
    assert len(details) == 12
    for detail in details:
        assert detail.logprob <= 0
        assert len(detail.alternatives) == 3
        assert detail.alternatives[0].logprob >= detail.logprob


def test_cancelling_ends_the_reply_with_what_there_is(backend):
    cancel = threading.Event()
    events = []
    for event in backend.reply(asked(max_tokens=3000), cancel):
        events.append(event)
        if isinstance(event, TextDelta):
            cancel.set()
    end = events[-1]
    assert end.reason == "cancelled"
    assert 1 <= end.usage.completion_tokens < 50
    assert end.messages == (assistant(text_of(events)),)


def test_cancelling_before_the_first_token_ends_the_reply_too(backend):
    cancel = threading.Event()
    cancel.set()
    end = reply(backend, asked(), cancel)[-1]
    assert (end.reason, end.messages) == ("cancelled", ())


def test_closing_the_iterator_frees_the_engine(backend):
    events = backend.reply(asked(max_tokens=3000), threading.Event())
    next(event for event in events if isinstance(event, TextDelta))
    events.close()
    start = time.monotonic()
    finished(backend, asked(max_tokens=1))
    assert time.monotonic() - start < 5


def test_a_prefill_begins_the_message_but_not_the_events(backend):
    events = reply(backend, asked(prefill="Well, "))
    assert events[-1].messages == (assistant("Well, " + text_of(events)),)


def test_a_schema_shapes_the_answer(backend):
    shape = JsonSchema({"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"]})
    events = reply(backend, asked(response_format=shape, max_tokens=60))
    assert json.loads(text_of(events))["a"] in (1, 2)
    assert events[-1].reason == "stop"


BOUNDED = ("scalars", "enums", "nested", "odd_names")


@pytest.mark.parametrize("name", BOUNDED)
def test_a_random_model_that_must_call_a_tool_makes_a_valid_call(backend, name):
    spec = TOOLS[name]
    turn = asked(
        tools=(spec, NOW),
        tool_choice=Choice("named", name),
        thinking="off",
        parallel_tool_calls=False,
        max_tokens=700,
        temperature=2,
    )
    events = reply(backend, turn)
    end = events[-1]
    assert end.reason == "tool_calls", text_of(events)
    (call,) = end.pending
    assert call.name == name
    check_arguments(spec, call.arguments)
    assert [event.call for event in events if isinstance(event, CallReady)] == [call]
    assert end.messages[0].calls == (call,)
    assert end.card["calls"][0]["name"] == name


def test_the_conversation_goes_on_after_a_result(backend):
    first = called(backend)
    (call,) = first.pending
    history = (user("Hi"), *first.messages, tool(ToolResult(call.id, call.name, "12:00")))
    second = finished(backend, asked(*history, tools=(NOW,), tool_choice=Choice("none")))
    assert second.messages[0].text
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


@pytest.mark.parametrize("budget", [1, 8])
def test_a_thought_ends_within_its_budget_and_the_answer_has_its_shape(backends, budget):
    shape = JsonSchema({"enum": ["yes", "no"]})
    turn = asked(thinking="on", thinking_tokens=budget, response_format=shape, max_tokens=200)
    first, again = (
        [event for event in merged(reply(backends["gemma3"], turn)) if not isinstance(event, Progress)]
        for _ in range(2)
    )
    assert first[:-1] == again[:-1]
    events, end = first, first[-1]
    assert end.messages[0].parts[-1] in (Text('"yes"'), Text('"no"'))
    assert end.usage.thinking_tokens <= budget + len("\n</think>\n\n")
    assert all(isinstance(event, ThinkingDelta | TextDelta | Progress | Usage | Finished) for event in events)
    if budget > 1:
        assert isinstance(end.messages[0].parts[0], Thinking)


def test_a_thought_that_the_prompt_opened_ends_within_its_budget(backends):
    first = called(backends["gemma4"])
    results = tool(*(ToolResult(call.id, call.name, "12:00") for call in first.pending))
    history = (user("Hi"), *first.messages, results)
    end = finished(backends["gemma4"], asked(*history, tools=(NOW,), thinking="on", thinking_tokens=5, max_tokens=30))
    assert 1 <= end.usage.thinking_tokens <= 7
    assert isinstance(end.messages[0].parts[0], Thinking)


def test_images_take_their_place_in_the_prompt(backend):
    pictures = picture(), picture("blue", (40, 90))
    end = finished(backend, asked(user("Compare", pictures[0], pictures[1], "please")))
    assert len(end.card["images"]) == 2
    assert end.card["images"][0] != end.card["images"][1]
    text_only = finished(backend, asked(user("Compare", "please"))).usage.prompt_tokens
    assert end.usage.prompt_tokens > text_only


def test_a_picture_changes_the_reply(backend):
    red, blue = (finished(backend, asked(user(picture(color), "?"), temperature=0)) for color in ("red", "blue"))
    assert red.card["images"] != blue.card["images"]


def test_crops_stand_in_the_prompt_as_transformers_processor_writes_them(backends):
    """Ids and pixels, for a long picture (three crops) before a square one (none), which stay in this order."""
    backend = backends["gemma3"]
    long, square = picture(size=(900, 300)), picture("blue", (50, 50))
    turn = asked(user("What", long, "and", square, "?"), pan_and_scan=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=toy_tokenizer(Gemma3.control_tokens),
        bos_token="<bos>", pad_token="<pad>", unk_token="<unk>",
        extra_special_tokens={
            "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"
        },
    )  # fmt: skip
    side = {"size": {"height": 56, "width": 56}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    processor = Gemma3Processor(Gemma3ImageProcessorPil(**side), tokenizer, image_seq_length=4)
    theirs = processor(
        text=spell(Gemma3().render(turn), "<start_of_image>"),
        images=[PIL.Image.open(io.BytesIO(image.data)) for image in (long, square)],
        do_pan_and_scan=True,
        **{f"pan_and_scan_{name}": value for name, value in PAN_AND_SCAN.items()},
        add_special_tokens=False,
    )
    prompt = backend._prompt(turn)
    assert list(prompt.encoded.ids) == theirs["input_ids"][0]
    ours = torch.cat([image.tensors["pixel_values"] for image in prompt.images])
    torch.testing.assert_close(ours, torch.from_numpy(np.stack(theirs["pixel_values"])), rtol=0, atol=0)
    assert backend.count_tokens(turn).images == len(ours) * 4 == 5 * 4
    assert len(finished(backend, turn).card["images"]) == 5


def test_a_budget_of_tokens_decides_how_closely_gemma_4_looks(backends):
    image = picture(size=(1200, 900))
    counts = []
    for budget in (70, 140, 280, 560, 1120):
        turn = asked(user(image, "?"), image_tokens=budget)
        counts.append(backends["gemma4"].count_tokens(turn).images)
        assert counts[-1] <= budget
    assert counts == sorted(set(counts)), "a larger budget is used"
    assert backends["gemma4"].count_tokens(asked(user(image, "?"))).images == counts[2]
    ends = [finished(backends["gemma4"], asked(user(image, "?"), image_tokens=budget)) for budget in (70, 140)]
    assert ends[0].card["images"] != ends[1].card["images"]
    assert ends[0].card["options"]["image_tokens"] == "70"


def test_a_way_to_look_that_the_family_lacks_is_refused_only_where_there_is_a_picture(backends):
    for family, name, value, words in (
        ("gemma3", "image_tokens", 70, "takes 4 tokens for every picture. Set it to auto; pan_and_scan"),
        ("gemma4", "pan_and_scan", True, "no crops of them. Turn pan_and_scan off; image_tokens"),
    ):
        assert words in failed(backends[family], asked(user(picture(), "?"), **{name: value})).message
        finished(backends[family], asked(user("?"), **{name: value}))


def test_a_text_model_says_what_to_do_about_an_image(backends):
    error = failed(backends["gemma3_text"], asked(user(picture(), "What is it?")))
    assert isinstance(error, UnsupportedInput)
    assert "tiny reads text only. Remove the image, or choose a model that sees" in error.message


def test_an_empty_conversation_and_one_that_is_too_long_are_refused_with_reasons(backend):
    assert failed(backend, Turn(())).code == "empty_conversation"
    error = failed(backend, asked(user("x" * 5000)))
    assert isinstance(error, ContextTooLong)
    assert "4096" in error.message


def test_a_schema_that_cannot_be_enforced_is_refused(backend):
    error = failed(backend, asked(tools=(ToolSpec("f", "", {"type": "object", "not": {}}),)))
    assert isinstance(error, CallerError)
    assert "'not'" in error.message


def test_control_tokens_in_anybodys_text_are_counted_as_text(backend):
    """The prompt's control tokens are as many as with harmless text in the same places."""
    family = backend.capabilities.family
    spelled = "".join(dialect_for(family).control_tokens)

    def control_tokens(text):
        spec = ToolSpec("f", text, {"type": "object", "properties": {"a": {"type": "string", "description": text}}})
        (call,) = called(backend).pending
        messages = (system(text), user(text), assistant(call), tool(ToolResult(call.id, call.name, text)))
        ids = finished(backend, asked(*messages, tools=(spec,), max_tokens=1)).card["prompt_ids"]
        return sum(token < len(dialect_for(family).control_tokens) for token in ids)

    assert control_tokens(spelled) == control_tokens("harmless")


def test_tokens_are_counted_by_what_they_are_spent_on(backend):
    turn = asked(system("Be brief."), user(picture(), "Hi"), tools=(NOW,))
    count = backend.count_tokens(turn)
    assert count.total == finished(backend, turn).usage.prompt_tokens
    assert count.context == 4096
    assert 0 < count.system < count.tools < count.total
    assert 0 < count.images < count.total
    assert backend.count_tokens(asked(user("Hi"))).tools == 0


def test_several_replies_at_once_are_each_what_they_are_alone(backend):
    alone = [finished(backend, asked(user(f"Hi {n}"), seed=n)).card for n in range(4)]
    together = [None] * 4

    def run(n):
        together[n] = finished(backend, asked(user(f"Hi {n}"), seed=n)).card

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(compare(one, other).identical for one, other in zip(alone, together, strict=True))


def test_capabilities_say_what_the_model_can_do(backends):
    seeing, reading = backends["gemma4"].capabilities, backends["gemma3_text"].capabilities
    assert (seeing.images, reading.images) == (True, False)
    assert seeing.family == "gemma4"
    assert seeing.details["revision"]


def test_a_card_is_json_and_a_closed_backend_fails_in_words(tmp_path):
    backend = load_tiny("gemma3_text", tmp_path)
    card = finished(backend, asked(stop=("x",), response_format=JsonSchema({"enum": [1]}))).card
    assert json.loads(json.dumps(card)) == card
    backend.close()
    assert "unloaded" in failed(backend, asked()).message


def wait_until_read_ahead(backend):
    until = time.monotonic() + 60
    while not backend._engine()._read_ahead.is_idle:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_next_turn_reads_only_what_the_person_wrote(backends, family):
    """What the model wrote is read again in between, as the next prompt will have it: thoughts are left out there."""
    question = user("a long question. " * 12)
    thinking = "on" if family == "gemma4" else "off"
    first = asked(question, max_tokens=90, thinking=thinking)
    answer = reply(backends[family], first)[-1].messages[0]
    following = asked(question, answer, user("And?"), max_tokens=1, thinking=thinking)
    wait_until_read_ahead(backends[family])
    usage = reply(backends[family], following)[-1].usage
    assert len(answer.text) > 64
    assert usage.prompt_tokens - usage.cached_tokens < 40, usage.cache_note


@pytest.mark.parametrize("family", FAMILIES)
def test_another_conversation_shares_instructions_and_tools_to_the_last_token(backends, family):
    said = system("You are a very patient helper, and you always answer in rhymes, whatever the question may be.")
    first, second = (asked(said, user(text), tools=(NOW,), max_tokens=1) for text in ("Hello!", "Quite another thing."))
    count = backends[family].count_tokens(second)
    reply(backends[family], first)
    usage = reply(backends[family], second)[-1].usage
    assert count.total > 120
    assert 0 < count.total - usage.cached_tokens < 30


def test_what_past_tokens_take_is_told(backends):
    reply(backends["gemma3_text"], asked(user("word " * 100), max_tokens=1))
    usage = backends["gemma3_text"].cache_usage()
    assert 0 < usage["prefix_bytes"] <= usage["prefix_budget_bytes"]
    assert usage["disk_budget_bytes"] == 0


def test_a_backend_that_is_started_again_knows_the_prompts_on_disk(tmp_path):
    save_tiny("gemma3_text", tmp_path / "model")
    turn = asked(user("word " * 200), max_tokens=4)
    ends = []
    for _ in range(2):
        model = weights.load(tmp_path / "model", dtype="float32")
        backend = LocalBackend(model, "tiny", threads=1, disk_bytes=10**8, disk_folder=tmp_path / "prompts")
        ends.append(reply(backend, turn)[-1])
        backend.close()
    assert [end.usage.cached_tokens > 0 for end in ends] == [False, True]
    assert ends[0].card["output_ids"] == ends[1].card["output_ids"]
