"""The demo model's tokenizer has one token for what prompts and calls repeat; grammars must let it use them."""

import pytest
from tokenizers import Tokenizer

from playground.backends.known_models import DEMO_FOLDER
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import THINK_CLOSE, Gemma3, call_text
from playground.messages import ToolCall, system, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.grammars import Masks
from tools.built_in import BUILT_IN_SPECS

MASKS = Masks(
    Tokenizer.from_file(str(DEMO_FOLDER / "tokenizer.json")), ("<start_of_turn>", "<end_of_turn>"), Gemma3.stop_tokens
)


def turn(**options):
    return Turn((system("Be brief."), user("What time is it in Tokyo?")), tuple(BUILT_IN_SPECS), Options(**options))


def rejected(reply, **options):
    return MASKS.rejected(Gemma3().grammar(turn(**options)), reply)


CALLS = [
    ToolCall("c", "calculator", {"expression": "15% of 80"}),
    ToolCall("c", "current_time", {}),
    ToolCall("c", "web_search", {"query": "latest news", "max_results": 3}),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_calls_pass_in_the_tokens_of_the_training_text(call):
    assert rejected(call_text(call)) is None
    assert rejected(f"The user asks.{THINK_CLOSE}{call_text(call)}\n{call_text(CALLS[0])}", thinking="on") is None


def test_the_end_of_a_thought_keeps_its_own_token_when_the_budget_forces_it():
    reply = "a b c d e f g h"
    stopped = rejected(reply, thinking="on", thinking_tokens=6)
    assert stopped is not None
    assert len(MASKS.text.encode_text(stopped)) == 6
    assert rejected(f"{stopped}{THINK_CLOSE}Hello", thinking="on", thinking_tokens=6) is None


def test_a_prompt_in_pieces_has_the_ids_of_its_whole_text():
    pieces = Gemma3().render(turn(thinking="on"))
    whole = MASKS.tokenizer.encode(spell(pieces), add_special_tokens=False).ids
    assert MASKS.text.encode(pieces).ids == tuple(whole)
