"""The app with scripts for models, as a program of its own: what a message contains decides what comes back.

Started by `conftest.py`; prints its address as `app.py` does. An argument is the port.
"""

import gc
import signal
import sys
import threading
from dataclasses import replace

import app
from playground.api.metrics import Metrics
from playground.backends.scripted import ANYTHING_GOES, Pause, ScriptedBackend, calls, says, thinks
from playground.chat.metered import Meter
from playground.errors import ServerError
from playground.events import Failed, Finished, Progress, TextDelta, Usage
from playground.messages import assistant
from playground.settings import Settings
from playground.turn import Turn
from playground.ui.page import build_page
from playground.ui.services import Services
from playground.usage_log import UsageLog
from tests.ui.scripted_models import ScriptedModels
from tools.built_in import built_in_tools
from tools.mcp_config import StdioServer
from tools.mcp_servers import McpServers
from tools.tool import Citation, Tool, ToolOutput, ToolSpec

HOSTILE = "Tags <b>stay</b> <script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
BOXES = '[{"box_2d": [100, 100, 500, 400], "label": "circle"}, {"box_2d": [0, 500, 500, 900], "label": "<b>star</b>"}]'
REMOTE_PICTURE = "![look](https://tracker.example/pixel.png?secret)"
FORMATTED = "Here is **bold** for $5 or $6, $x^2$ and\n\n$$\\int x$$\n\n```python\nprint('hi')\n```"


CALLS = {
    "calculator": ("calculator", {"expression": "6*7"}),
    "order": ("find_order", {"number": 12}),
    "light": ("set_light", {"room": "hall"}),
    "look": ("look_up", {}),
    "Empty": ("example_delete_all", {"folder": "attic"}),
}
"""What a message says to have a tool called, and with what."""


def long_reply(words: str):
    """A reply that takes its time, if the words ask for one."""
    if "wait" in words:
        stages = (Progress("queued", 2, 2), Progress("loading", 1, 2), Progress("prefill", 40, 80))
        return [step for stage in stages for step in (stage, Pause(1.5))] + says("Here.")
    if "ponder" in words:
        return [step for word in thinks("hm " * 2000) for step in (word, Pause(0.05))] + says("The answer.")
    if "slowly" in words:
        return [step for word in says("word " * 400) for step in (word, Pause(0.05))]
    if "Detect" in words:
        return [step for word in says(BOXES) for step in (word, Pause(0.02))]
    if "from the document" in words:
        return [Progress("prefill", 40, 80), Pause(1.5), *says("The harbour opened in 1881 [p. 2]. No more [p. 77].")]
    if "count" in words:
        return [step for word in says(" ".join(map(str, range(120)))) for step in (word, Pause(0.05))]
    return None


def script(turn: Turn):
    """What the scripted model does, by the words of the last message."""
    last = turn.messages[-1]
    if last.role == "tool" and last.parts[0].sources:
        return says("It is so [1], and so [2], but not `[1]`.")
    if last.role == "tool":
        return says(f"The tool said: {last.parts[0].text}")
    words = last.text
    if waits := long_reply(words):
        return waits
    steps = [Progress("queued", 1, 1), Pause(0.05), Progress("prefill", 40, 80), Pause(0.05)]
    if turn.options.thinking == "on":
        steps += thinks("First I think about it.")
    for word, (tool, arguments) in CALLS.items():
        if word in words and any(spec.name == tool for spec in turn.tools):
            return steps + calls(tool, arguments)
    if "fail" in words:
        return [*steps, Failed(ServerError("The engine ran out of memory. Choose a smaller model."))]
    if "hostile" in words:
        return steps + says(f"{HOSTILE} {REMOTE_PICTURE}")
    if "formatted" in words:
        return steps + says(FORMATTED)
    return steps + (shaped_reply(words) if turn.options.response_format is not None else plain_reply(turn, words))


def shaped_reply(words: str):
    """JSON, whole or cut."""
    text = '{"label": "praise", "confidence": 0.9}'
    if "cut" in words:
        return [TextDelta(text[:24]), Finished("length", (assistant(text[:24]),), Usage(), 1)]
    return [TextDelta(text)]


def plain_reply(turn: Turn, words: str):
    """What was asked, as the model got it."""
    pictures = sum(len(message.images) for message in turn.messages)
    questions = sum(message.role == "user" for message in turn.messages)
    size = f" of {len(words):,} characters" if len(words) > 1000 else f" {words!r}"
    system = f" System: {turn.messages[0].text}." if turn.messages[0].role == "system" else ""
    return says(
        f"Question {questions}{size} with {pictures} pictures, temperature {turn.options.temperature:g}.{system}"
    )


LIGHT = Tool(
    ToolSpec(
        "set_light",
        "Switch a light on.",
        {
            "type": "object",
            "properties": {"room": {"type": "string", "enum": ["hall", "kitchen"]}},
            "required": ["room"],
        },
    ),
    lambda arguments, _: ToolOutput(f"The light in the {arguments['room']} is on."),
    asks_first=True,
)
BOOKS = Tool(
    ToolSpec("look_up", "Look something up.", {"type": "object", "properties": {}}),
    lambda *_: ToolOutput(
        "[1] One [2] Two",
        (Citation("One", "https://one.example/a b"), Citation("Two", "https://two.example/?q=(x)")),
        untrusted=True,
    ),
)


def main() -> None:
    seeing = ScriptedBackend(script, repeat=True, capabilities=replace(ANYTHING_GOES, context_tokens=400_000))
    reading = ScriptedBackend(script, repeat=True, capabilities=replace(ANYTHING_GOES, name="reader", images=False))
    narrow = replace(ANYTHING_GOES, name="small", context_tokens=300, tools=False)
    small = ScriptedBackend(script, repeat=True, capabilities=narrow)
    models = ScriptedModels(
        seeing,
        reading,
        small,
        absent=("gemma-4-e2b",),
        seconds=4,
        reason="This is the embedded Gemma 3 270M. Open Models for more.",
    )
    settings = Settings(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    usage, metrics = UsageLog(), Metrics()
    tools = {tool.spec.name: tool for tool in (*built_in_tools(), LIGHT, BOOKS)}
    mcp = McpServers({"example": StdioServer(command=sys.executable, args=("-m", "tests.tools.mcp_example"))})
    services = Services(settings, models, tools, usage=usage, meter=Meter((usage.add, metrics.note)), mcp=mcp)
    page = build_page(services, manage_models=True)
    application, addresses = app.open_page(page, services)
    app.add_health(application, services)
    app.add_api(application, app.build_service(services, metrics))
    mcp.start()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    sys.stdout.write(f"The scripted app answers at {addresses[0]}\n")
    sys.stdout.flush()
    stopped.wait()
    services.replies.stop_all()
    app.close_page(page)
    mcp.close()


if __name__ == "__main__":
    main()
    gc.freeze()  # as app.py does
