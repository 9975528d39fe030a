"""Write a tool as JSON Schema, see at once whether it is one, try it, and use it in the chat."""

from __future__ import annotations

import html
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import CallerError, PlaygroundError
from playground.events import end_of
from playground.messages import user
from playground.turn import Turn
from playground.ui.controls import Controls
from playground.ui.markdown import fenced, pretty_json, safe_markdown
from playground.ui.quiet import QUIET
from playground.ui.services import Services
from playground.ui.user_tools import MOST_TOOLS, TEMPLATES, UserTool, dump_tools
from playground.ui.visits import Visit
from tools.arguments import check_arguments
from tools.tool import CallContext, Tool, ToolError

ASK_ME = "I answer each call"
ENDPOINT = "An HTTP endpoint answers"
KEEP = "(shelf) => { window.playground.keep(shelf) }"


@dataclass
class ToolEditor:
    """The editor's components and what its buttons do."""

    services: Services
    controls: Controls
    document: gr.Code
    verdict: gr.HTML
    who: gr.Radio
    endpoint: gr.Textbox
    asks_first: gr.Checkbox
    trial: gr.Textbox
    outcome: gr.Markdown
    shelf: gr.JSON

    def written(self, document: str, who: str, endpoint: str, asks_first: bool) -> UserTool:
        """What the editor holds.

        Raises: CallerError when an endpoint is wanted and there is none.
        """
        if who == ENDPOINT and not endpoint.strip():
            raise CallerError("Type the endpoint's address, such as https://example.org/tool, or answer yourself.")
        return UserTool(document, endpoint if who == ENDPOINT else "", asks_first)

    def save(
        self, document: str, who: str, endpoint: str, asks_first: bool, on: list[str], request: gr.Request
    ) -> dict[Any, Any]:
        """Put the tool among the visitor's and switch it on."""
        visit = self._visit(request)
        try:
            written = self.written(document, who, endpoint, asks_first)
            name = self._tool(written).spec.name
            if name in self.services.tools:
                raise CallerError(f"There is a built-in tool called {name}. Give yours another name.")
            if len(visit.tools) >= MOST_TOOLS and name not in visit.tools:
                raise CallerError(f"There are {MOST_TOOLS} tools already. Remove one first.")
        except CallerError as error:
            return {self.verdict: _wrong(error.message)}
        visit.tools[name] = written
        return {
            **self._chosen(visit, [*(one for one in on if one != name), name]),
            self.verdict: f'<p class="verdict right">{html.escape(name)} can be called from now on.</p>',
        }

    def remove(self, document: str, on: list[str], request: gr.Request) -> dict[Any, Any]:
        """Take the tool of this name away."""
        visit = self._visit(request)
        try:
            name = UserTool(document).spec.name
        except CallerError as error:
            return {self.verdict: _wrong(error.message)}
        if visit.tools.pop(name, None) is None:
            return {self.verdict: _wrong(f"There is no tool of yours called {name}.")}
        return {
            **self._chosen(visit, [one for one in on if one != name]),
            self.verdict: f"<p>{html.escape(name)} is gone.</p>",
        }

    def try_model(self, document: str, request_text: str, model: str) -> str:
        """Ask the model with this tool alone, and show what it would call. Nothing is run."""
        if not request_text.strip():
            return "Type a request that should use the tool, such as “Where is my order 1234?”"
        try:
            turn = Turn((user(request_text),), (UserTool(document).spec,))
            messages = end_of(self.services.backend(model).reply(turn, threading.Event())).messages
        except PlaygroundError as error:
            return safe_markdown(error.message)
        calls = [call for message in messages for call in message.calls]
        said = "\n\n".join(message.text for message in messages if message.text.strip())
        if not calls:
            return f"**No call.** The model said:\n\n{safe_markdown(said) or '(nothing)'}"
        return "\n\n".join(f"**It would call {call.name}**\n\n{pretty_json(dict(call.arguments))}" for call in calls)

    def try_arguments(self, document: str, who: str, endpoint: str, asks_first: bool, arguments: str) -> str:
        """Run the endpoint with arguments typed as JSON, exactly as a call of the model would."""
        try:
            tool = self._tool(self.written(document, who, endpoint, asks_first))
            if tool.run is None:
                return "You answer this tool's calls yourself, so there is nothing to run. Try it with the model."
            given = check_arguments(tool.spec, json.loads(arguments or "{}"))
            began = time.monotonic()
            output = tool.run(given, CallContext())
        except json.JSONDecodeError as error:
            return f"The arguments are not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        except (PlaygroundError, ToolError) as error:
            return safe_markdown(str(error))
        return f"**Answered in {time.monotonic() - began:.2f} s**\n\n{fenced(output.text)}"

    def _tool(self, written: UserTool) -> Tool:
        return written.tool(allow_private=self.services.settings.allow_private_urls)

    def _chosen(self, visit: Visit, on: list[str]) -> dict[Any, Any]:
        choices = self.services.tool_choices(visit)
        return {
            self.controls.tools: gr.update(choices=choices, value=on),
            self.shelf: {"tools": dump_tools(visit.tools)},
        }

    def _visit(self, request: gr.Request) -> Visit:
        return self.services.visits.of(request.session_hash or "")


def _judged(document: str) -> str:
    """Whether the text is a tool, as HTML; each problem names its place."""
    try:
        spec = UserTool(document).spec
    except CallerError as error:
        return _wrong(error.message)
    names = ", ".join(spec.parameters.get("properties", {}))
    return f'<p class="verdict right">{html.escape(spec.name)}({html.escape(names)})</p>'


def _wrong(words: str) -> str:
    return f'<p class="verdict wrong">{html.escape(words)}</p>'


def build_tool_editor(services: Services, controls: Controls) -> ToolEditor:
    """The editor in the layout that is open now, wired up."""
    first = next(iter(TEMPLATES))
    with gr.Accordion("Write a tool", open=False, elem_classes=["section"], elem_id="tool-editor"):
        template = gr.Dropdown(list(TEMPLATES), value=first, label="Start from", elem_id="tool-template")
        document = gr.Code(
            TEMPLATES[first].document,
            language="json",
            label="Name, description, parameters",
            lines=12,
            elem_id="tool-document",
        )
        verdict = gr.HTML(_judged(TEMPLATES[first].document), elem_id="tool-verdict")
        who = gr.Radio([ASK_ME, ENDPOINT], value=ASK_ME, label="Who answers a call", elem_id="tool-who")
        endpoint = gr.Textbox(
            label="Endpoint",
            info="It gets the arguments as a JSON object by POST.",
            placeholder="https://…",
            visible=False,
            elem_id="tool-endpoint",
        )
        asks_first = gr.Checkbox(True, label="Ask me before each call", visible=False, elem_id="tool-asks")
        with gr.Row():
            save = gr.Button("Save and use", variant="primary", size="sm", elem_id="tool-save")
            remove = gr.Button("Remove", size="sm", elem_id="tool-remove")
        trial = gr.Textbox(
            label="Try it", placeholder="A request in words, or arguments as JSON", lines=2, elem_id="tool-trial"
        )
        with gr.Row():
            ask = gr.Button("Ask the model", size="sm", elem_id="tool-ask")
            run = gr.Button("Run with arguments", size="sm", elem_id="tool-run")
        outcome = gr.Markdown(elem_id="tool-outcome")
        shelf = gr.JSON(visible=False)
    editor = ToolEditor(services, controls, document, verdict, who, endpoint, asks_first, trial, outcome, shelf)
    whole = [document, who, endpoint, asks_first]
    changed = [controls.tools, verdict, shelf]
    template.change(lambda name: TEMPLATES[name].document, template, document, queue=False, **QUIET)
    document.change(_judged, document, verdict, queue=False, **QUIET)
    who.change(
        lambda chosen: (gr.update(visible=chosen == ENDPOINT),) * 2, who, [endpoint, asks_first], queue=False, **QUIET
    )
    save.click(editor.save, [*whole, controls.tools], changed, **QUIET).then(None, shelf, None, js=KEEP, **QUIET)
    remove.click(editor.remove, [document, controls.tools], changed, **QUIET).then(None, shelf, None, js=KEEP, **QUIET)
    ask.click(editor.try_model, [document, trial, controls.model], outcome, api_visibility="private")
    run.click(editor.try_arguments, [*whole, trial], outcome, api_visibility="private")
    return editor
