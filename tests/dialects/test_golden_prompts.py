"""Every recorded prompt of the official templates is rendered to the letter, errors included."""

import json
from pathlib import Path

import pytest

from playground.dialects import gemma4
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import Gemma3
from playground.dialects.gemma4 import Gemma4, Step
from playground.errors import CallerError
from playground.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, assistant, tool, user
from playground.options import Options
from playground.turn import Turn
from tools.tool import ToolSpec

PROMPTS = Path(__file__).parent.parent / "golden" / "prompts.jsonl"
CASES = [json.loads(line) for line in PROMPTS.read_text(encoding="utf-8").splitlines()]
BY_ID = {case["id"]: case for case in CASES}
DIALECTS = {"gemma3": Gemma3(), "gemma4": Gemma4()}
IMAGES = {"gemma3": "<start_of_image>", "gemma4": "<|image|>"}
PICTURE = Image(b"", "image/png", 8, 8)
WRITTEN_IN_STEPS = {
    "g4-assistant-content-and-tool-call",  # the template's trap, which our messages never lead to
    "g4-legacy-tool-responses-mapping",  # results as objects; ours are texts
}


def part(golden):
    return Text(golden["text"]) if golden["type"] == "text" else PICTURE


def message(golden):
    content = golden.get("content") or ()
    parts = [Text(content)] if isinstance(content, str) else [part(item) for item in content]
    if golden["role"] == "tool":
        text = "".join(part.text for part in parts)
        return tool(ToolResult(golden["tool_call_id"], golden.get("name", "unknown"), text))
    thoughts = [Thinking(golden["reasoning_content"])] if "reasoning_content" in golden else []
    calls = [
        ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in golden.get("tool_calls", ())
    ]
    return Message(golden["role"], (*thoughts, *parts, *calls))


def spec(golden):
    function = golden["function"]
    return ToolSpec(function["name"], function["description"], function.get("parameters", {}))


def rendered(case):
    thinking = {None: "auto", True: "on", False: "off"}[case["enable_thinking"]]
    tools = tuple(spec(golden) for golden in case["tools"] or ())
    turn = Turn(tuple(map(message, case["messages"])), tools, Options(thinking=thinking))
    return spell(DIALECTS[case["family"]].render(turn), IMAGES[case["family"]])


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in WRITTEN_IN_STEPS], ids=lambda c: c["id"])
def test_a_prompt_is_what_the_template_renders(case):
    if isinstance(case["expected"], dict):
        with pytest.raises(CallerError) as error:
            rendered(case)
        assert error.value.message == case["expected"]["error"]
    else:
        assert rendered(case) == case["expected"]


def after_preamble(case):
    """The part of a prompt that steps are written to."""
    return case["expected"][case["expected"].index("<|turn>user") :]


ASKED = Step("user", (gemma4.Plain("Weather in Paris?"),))
CALL = ToolCall("c1", "get_weather", {"city": "Paris"})


def test_steps_are_written_as_the_template_writes_messages_even_into_its_trap():
    trap = Step("model", (gemma4.Plain("Let me check."),), calls=(CALL,), results=(("get_weather", "15 degrees"),))
    written = spell(gemma4.write([ASKED, trap], thinking=False))
    assert written == after_preamble(BY_ID["g4-assistant-content-and-tool-call"])


def test_text_beside_a_call_is_written_before_it_and_the_model_goes_on_after_the_result():
    turn = Turn(
        (
            user("Weather in Paris?"),
            assistant("Let me check.", CALL),
            tool(ToolResult("c1", "get_weather", "15 degrees")),
        )
    )
    assert spell(Gemma4().render(turn)).endswith(
        '<|turn>model\nLet me check.<|tool_call>call:get_weather{city:<|"|>Paris<|"|>}<tool_call|>'
        '<|tool_response>response:get_weather{value:<|"|>15 degrees<|"|>}<tool_response|>'
    )


def test_results_that_are_objects_are_written_with_their_fields():
    case = BY_ID["g4-legacy-tool-responses-mapping"]
    call = ToolCall("c", "get_current_weather", {"location": "London"})
    result = (call.name, {"temperature": 15, "weather": "sunny"})
    steps = [
        Step("user", (gemma4.Plain("What's the temperature in London?"),)),
        Step("model", calls=(call,), results=(result,)),
    ]
    assert spell(gemma4.write(steps, thinking=False)) == after_preamble(case)
