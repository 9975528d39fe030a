"""Which grammars work with our tokenizers, and how they are written: a reference for whoever writes one.

Two tokenizers stand for the real ones: one token per byte, and one of Gemma's make (`▁` for spaces, byte fallback).
"""

import json

import pytest
import torch

from playground.engine.constrain import Grammars, Vocabulary
from playground.errors import CallerError
from tests.dialects.toy_tokenizer import toy_tokenizer
from tests.tiny_models import tiny_tokenizer

CONTROLS = (
    "<pad>", "<eos>", "<bos>", "<unk>", "<|tool_call>", "<tool_call|>", '<|"|>', "<|channel>", "<channel|>", "<turn|>",
    "<unmarked>",
)  # fmt: skip
EOS, CHANNEL_END, TURN_END = 1, 8, 9
TOOL = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
    "required": ["city"],
    "additionalProperties": False,
}


class Reply:
    """Follows texts through a grammar, token by token."""

    def __init__(self, tokenizer, grammars, grammar):
        self.tokenizer = tokenizer
        self.matcher = grammars.matcher(grammar)

    def allowed(self, *stop_ids):
        """The allowed tokens, by id."""
        return set(self.matcher.allowed(stop_ids or (TURN_END,)).nonzero()[:, 0].tolist())

    def write(self, text):
        """How many characters of `text` may be written, in order; control tokens in it are read as such."""
        done = ""
        for token in self.tokenizer.encode(text, add_special_tokens=False).ids:
            if token not in self.allowed():
                break
            self.matcher.accept(token)
            done += self.tokenizer.id_to_token(token).replace("▁", " ").replace("<0x0A>", "\n")
        return len(done)

    def takes(self, text):
        """Whether `text` may be written, and the reply may end then."""
        return self.write(text) == len(text) and TURN_END in self.allowed()


@pytest.fixture(scope="module")
def gemma():
    tokenizer = toy_tokenizer(CONTROLS)
    grammars = Grammars(Vocabulary(tokenizer.to_str, (EOS, TURN_END)), tokenizer.get_vocab_size() + 30)
    return lambda grammar: Reply(tokenizer, grammars, grammar)


@pytest.mark.parametrize("more", [30, 0, -1])
def test_masks_have_the_models_size_be_it_larger_or_smaller_than_the_tokenizers(more):
    """Gemma 3 1B has 262,144 rows and a tokenizer of 262,145; the larger ones have 262,208 rows."""
    tokenizer = toy_tokenizer(CONTROLS)
    size = tokenizer.get_vocab_size()
    grammars = Grammars(Vocabulary(tokenizer.to_str, (EOS, TURN_END)), size + more)
    mask = grammars.matcher("start: /.+/").allowed((TURN_END,))
    assert mask.shape == (size + more,)
    assert mask.dtype == torch.bool
    assert not mask[size:].any()
    assert mask[tokenizer.token_to_id("the")]


def test_a_reply_is_complete_when_nothing_can_follow(gemma):
    reply = gemma('start: "call" /[0-9]{2}/')
    for text, complete in (("call", False), ("1", False), ("2", True)):
        reply.write(text)
        assert reply.matcher.is_complete == complete


def test_stop_ids_are_allowed_only_where_the_reply_may_end(gemma):
    reply = gemma('start: "call" /[0-9]+/')
    assert TURN_END not in reply.allowed()
    reply.write("call1")
    assert {TURN_END, EOS} <= reply.allowed()
    assert 20 in reply.allowed(20), (
        "any stop id of the request ends a reply, also one the tokenizer does not know as such"
    )


@pytest.mark.parametrize("name", ["<|tool_call>", '<|"|>', "<unmarked>"])
def test_control_tokens_are_written_by_name_marked_special_or_not(gemma, name):
    assert gemma(f'start: {name} "call" <tool_call|>').takes(f"{name}call<tool_call|>")


def test_control_tokens_are_never_part_of_text(gemma):
    reply = gemma("start: /(?s:.*)/")
    assert reply.allowed() & set(range(11)) == {EOS, TURN_END}


def test_a_json_schema_within_a_grammar(gemma):
    grammar = f"start: <|tool_call> %json {json.dumps(TOOL)} <tool_call|>"
    assert gemma(grammar).takes('<|tool_call>{"city":"Oslo","days":3,"unit":"C"}<tool_call|>')
    assert gemma(grammar).takes('<|tool_call>{"city": "Zürich \\n"}<tool_call|>')
    assert gemma(grammar).write('<|tool_call>{"days":3}') < len('<|tool_call>{"days":3}'), "city is required"
    assert gemma(grammar).write('<|tool_call>{"city":"a","unit":"K"}') == len('<|tool_call>{"city":"a","unit":"')


def test_white_space_in_json_can_be_bounded(gemma):
    compact = {**TOOL, "x-guidance": {"whitespace_flexible": False}}
    assert gemma(f"start: %json {json.dumps(compact)}").takes('{"city":"a","days":3}')
    assert not gemma(f"start: %json {json.dumps(compact)}").takes('{"city": "a"}')
    spaced = {**TOOL, "x-guidance": {"whitespace_pattern": "[ ]"}}
    assert gemma(f"start: %json {json.dumps(spaced)}").takes('{"city": "a", "days":3}')
    assert not gemma(f"start: %json {json.dumps(spaced)}").takes('{"city":  "a"}')


def test_text_until_a_trigger_then_a_forced_shape(gemma):
    grammar = f"""
        start: call* TEXT
        TEXT: /(?s:.*)/
        call: opening %json {json.dumps(TOOL)} "</call>"
        opening[lazy]: TEXT "<call>"
    """
    assert gemma(grammar).takes("the name")
    assert gemma(grammar).takes('the <call>{"city":"a"}</call> name <call>{"city":"b"}</call>')
    assert gemma(grammar).write("the <call>name") == len("the <call>")
    assert gemma(grammar).takes("<cal the")


def test_a_thought_ended_by_a_control_token_is_bounded_in_tokens(gemma):
    """By `max_tokens`, or without it by a repeated token range: `^` is "any token but", by id."""
    for thought in ("thought[max_tokens=5]: /(?s:.*)/", f"thought: <[^{CHANNEL_END}]>{{0,5}}"):
        grammar = f"start: <|channel> thought <channel|> /[a-z]+/\n{thought}"
        assert gemma(grammar).takes("<|channel>12<channel|>abc")
        assert gemma(grammar).takes("<|channel>12345<channel|>abc")
        reply = gemma(grammar)
        assert reply.write("<|channel>123456") == len("<|channel>12345")
        assert reply.allowed() == {CHANNEL_END}, "the end is forced when the budget is spent"


def test_a_thought_ended_by_text_is_bounded_in_characters(gemma):
    """`max_tokens` is of no use here: with `suffix` it goes on without the end, without it the end is never noticed."""
    grammar = 'start: thought /[a-z]+/\nthought[suffix="</think>"]: /(?s:.{0,10})/'
    assert gemma(grammar).takes("12</think>abc")
    assert gemma(grammar).takes("12</th</think>abc")
    reply = gemma(grammar)
    assert reply.write("1234567890") == 10
    assert reply.allowed() == {reply.tokenizer.token_to_id("<")}


@pytest.mark.parametrize("budget", [256, 4096, 100_000])
def test_large_budgets_compile_and_run_at_once(gemma, budget):
    reply = gemma(f"start: <[^{CHANNEL_END}]>{{0,{budget}}} <channel|> /[a-z]+/")
    for _ in range(budget):
        reply.matcher.accept(20)
    assert reply.allowed() == {CHANNEL_END}


def test_several_grammars_in_one_text(gemma):
    grammar = json.dumps(
        {
            "grammars": [
                {"lark_grammar": "start: @number /[a-z]/"},
                {"name": "number", "lark_grammar": "start: /[0-9]+/"},
            ]
        }
    )
    assert gemma(grammar).takes("12a")


def test_one_token_per_byte_works_the_same():
    tokenizer = tiny_tokenizer("gemma3_text").backend_tokenizer
    grammars = Grammars(Vocabulary(tokenizer.to_str, (1,)), 320)
    matcher = grammars.matcher('start: "hé" <end_of_turn>')
    for token in tokenizer.encode("hé<end_of_turn>", add_special_tokens=False).ids:
        assert matcher.allowed(()).nonzero()[:, 0].tolist() == [token]
        matcher.accept(token)
    assert matcher.is_complete


@pytest.mark.parametrize(
    ("grammar", "reason"),
    [
        ("start: missing", "unknown name"),
        ("start: (", "Expected token"),
        ('start: %json {"type": "text"}', "type"),
        ("start: <no_such_token>", "no_such_token"),
    ],
)
def test_grammars_that_cannot_be_used_are_the_callers_fault(gemma, grammar, reason):
    with pytest.raises(CallerError, match="The grammar cannot be used") as caught:
        gemma(grammar)
    assert reason in str(caught.value)
    assert caught.value.code == "invalid_grammar"


def test_a_grammar_that_fails_on_the_way_is_the_callers_fault_and_harms_no_other(gemma):
    """This one is so ambiguous that following it soon passes llguidance's limits."""
    ambiguous = "start: (/a?/ /a?/){0,1000}"
    for _ in range(2):
        with pytest.raises(CallerError, match=r"The grammar failed while it was followed: .*max is") as caught:
            gemma(ambiguous).write("a" * 100)
        assert "\n" not in str(caught.value)
    assert gemma('start: "call"').takes("call")


def test_compiled_grammars_are_reused_and_their_replies_independent(gemma):
    one, other = gemma('start: "the" | "name"'), gemma('start: "the" | "name"')
    one.write("the")
    assert one.matcher.is_complete
    assert not other.matcher.is_complete
    assert other.takes("name")
