"""“Get code”: the chat as it stands, as programs that ask for its last answer."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from playground.code_samples import LANGUAGES, Sample, code_for, question_of
from playground.errors import PlaygroundError
from playground.messages import Message, system, user
from playground.turn import Turn
from playground.ui.controls import Controls
from playground.ui.quiet import QUIET
from playground.ui.services import Services

EMPTY = "Hello!"
"""Asked by the programs while nothing has been said yet."""
SHOW = "() => document.querySelector('#code-samples').scrollIntoView({block: 'start', behavior: 'smooth'})"


def build_get_code(services: Services, controls: Controls) -> None:
    """A button in the layout that is open now, and what it unfolds: a choice of programs, and the chosen one."""
    button = gr.Button("Get code", size="sm", elem_id="get-code")
    first = next(iter(LANGUAGES))
    with gr.Column(visible=False, elem_id="code-samples") as box:
        notice = gr.HTML()
        # Tabs would hide all but one of them behind a menu, so narrow is the panel.
        choice = gr.Radio(list(LANGUAGES), value=first, label="Program", elem_id="code-language")
        code = gr.Code(label=first, lines=8, max_lines=24, interactive=False)
        close = gr.Button("Close", size="sm", elem_id="close-code")

    def fill(request: gr.Request, name: str, *values: Any) -> dict[Any, Any]:
        try:
            text = code_for(name, _sample(services, controls, request, values))
        except PlaygroundError as error:
            return {
                box: gr.update(visible=True),
                notice: gr.HTML(f'<p class="verdict wrong">{html.escape(error.message)}</p>'),
            }
        language = LANGUAGES[name]
        shown = gr.Code(text, language=None if language == "shell" else language, label=name)
        return {box: gr.update(visible=True), notice: "", code: shown}

    asked, filled = [choice, *controls.components], [box, notice, code]
    button.click(fill, asked, filled, **QUIET).then(None, None, None, js=SHOW)
    choice.change(fill, asked, filled, **QUIET)
    close.click(lambda: gr.update(visible=False), None, box, queue=False, **QUIET)


def _sample(services: Services, controls: Controls, request: gr.Request, values: Any) -> Sample:
    """What the page would send for the last answer.

    Raises: CallerError when an option is out of range.
    """
    wishes = controls.read(values)
    visit = services.visits.of(request.session_hash or "")
    said: tuple[Message, ...] = question_of(visit.transcript.messages) or (user(EMPTY),)
    head = (system(wishes.system),) if wishes.system.strip() else ()
    own = tuple(visit.tools[name].spec for name in wishes.tools if name in visit.tools)
    served = tuple(name for name in wishes.tools if name in services.tools)
    return Sample(
        address=_address(request),
        model=wishes.model,
        turn=Turn((*head, *said), own, wishes.options, wishes.prefill),
        server_tools=served,
        needs_key=bool(services.settings.api_key or services.settings.api_keys_file),
    )


def _address(request: gr.Request) -> str:
    """Where the browser reached this page."""
    headers = request.headers
    scheme = headers.get("x-forwarded-proto") or "http"
    return f"{scheme}://{headers.get('x-forwarded-host') or headers.get('host', '127.0.0.1:7860')}"
