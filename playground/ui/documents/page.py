"""The documents page's components, its Gradio endpoints, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from playground.chat.documents import Document, cited, pictures_of
from playground.errors import PlaygroundError, UnsupportedInput
from playground.messages import Image
from playground.turn import Signals
from playground.ui.answering import Stops, problem_html, state_html
from playground.ui.documents.asking import Inquiry, ask, chosen, cost, earlier, open_document
from playground.ui.documents.view import conversation_markdown, cost_html, pages_html
from playground.ui.markdown import LATEX_DELIMITERS
from playground.ui.one_answer import MOST_TOKENS, AnswerSoFar, build_start_and_stop, model_menu, option_fields
from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.services import Services

ENDPOINT = """Ask about a document: PDF, text, Markdown, code or CSV. Nothing is remembered between calls.

`pages` such as "1-3, 7", all when empty; `how` is text, pictures or both (of a PDF's pages); `history` holds earlier
exchanges about the same pages. Streams JSON: `done`, `stage`, `text`, `cited` (page numbers), `finish_reason`.
"""
COST = "Tokens that a question about these pages would take, by what they are spent on, and the model's context."
TOP = top("Documents", "Ask about a PDF, a text, code or a table; answers link to pages.")
HOW = [("Text", "text"), ("Pictures of pages", "pictures"), ("Both", "both")]
MOST_DRAWN = 30
"""Pages whose pictures are shown where the model is not given them."""
WIDE = 320
"""Pixels below which a column takes a line of its own."""
GO_TO = """() => {
  const box = document.querySelector("#documents-answer");
  if (box.dataset.follows) return;
  box.dataset.follows = "1";
  box.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#page-']");
    if (!link) return;
    event.preventDefault();
    const page = document.getElementById(link.getAttribute("href").slice(1));
    page?.scrollIntoView({block: "nearest"});
    page?.focus({preventScroll: true});
  });
}"""
"""Links within the page: the browser's own jump would scroll the whole page, not the box of pages."""


def build_documents_page(page: gr.Blocks, services: Services) -> None:
    """Add the page to the route that is open now."""
    desk = _Desk(services)
    with gr.Column(elem_id="documents", elem_classes=["sheet"]):
        gr.HTML(TOP)
        with gr.Row():
            with gr.Column(min_width=WIDE):
                file = gr.File(label="Document", type="filepath", height=130, elem_id="documents-file")
                with gr.Row():
                    pages = gr.Textbox(
                        label="Pages", placeholder="all, or such as 1-3, 7", elem_id="documents-pages", min_width=150
                    )
                    how = gr.Radio(HOW, value="text", label="Give PDF pages as", elem_id="documents-how", min_width=240)
                cost_line = gr.HTML(elem_id="documents-cost")
                question = gr.Textbox(label="Question", lines=2, max_lines=12, elem_id="documents-question")
                with gr.Row():
                    start, stop = build_start_and_stop("documents")
                    clear = gr.Button("Start over", size="sm", scale=0, min_width=90, elem_id="documents-clear")
                model = gr.Dropdown(label="Model", elem_id="documents-model")
                state = gr.HTML(elem_id="documents-state")
                answer = gr.Markdown(elem_id="documents-answer", latex_delimiters=LATEX_DELIMITERS)
            with gr.Column(min_width=WIDE):
                paper = gr.HTML(elem_id="documents-paper")
    history = gr.State([])
    given = [file, pages, how, question, model, history]
    page.load(lambda: model_menu(services), None, model, **QUIET).then(None, None, None, js=GO_TO, **QUIET)
    fresh = [history, answer, state]
    gr.on([file.change, pages.change, how.change, clear.click], desk.start_over, None, fresh, queue=False, **QUIET)
    shown = [cost_line, paper]
    looked_at = [file.change, how.change, pages.blur, pages.submit]
    gr.on(looked_at, desk.look, given, shown, trigger_mode="always_last", **QUIET)
    gr.on([question.blur, model.change], desk.price, given, cost_line, trigger_mode="always_last", **QUIET)
    running = gr.on(
        [start.click, question.submit], desk.show, given, [state, answer, history], concurrency_limit=None, **QUIET
    )  # fmt: skip
    running.then(desk.price, given, cost_line, **QUIET)
    stop.click(desk.stops.stop, None, None, queue=False, **QUIET)
    _add_endpoints(desk)


def _add_endpoints(desk: _Desk) -> None:
    """With components of its own: the page's offer only what this server has at the moment."""
    asked = [
        gr.File(label="The document", visible=False),
        gr.Textbox("", label="The question", visible=False),
        gr.Textbox("", label='Pages such as "1-3, 7"; empty for all', visible=False),
        gr.Textbox("text", label="How the model gets the pages of a PDF: text, pictures or both", visible=False),
        gr.Textbox("", label="Model name; empty for the default", visible=False),
        gr.JSON([], label="Earlier exchanges: [[question, answer], …]", visible=False),
    ]
    trigger = gr.Button(visible=False)
    trigger.click(
        desk.tell, [*asked, *option_fields()], gr.JSON(label="The answer", visible=False), api_name="ask_document",
        api_description=ENDPOINT, concurrency_limit=None,
    )  # fmt: skip
    trigger.click(
        desk.foresee, asked, gr.JSON(label="Tokens", visible=False), api_name="document_cost", api_description=COST
    )


class _Desk:
    """What the page and the endpoints do."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.stops = Stops()

    def start_over(self) -> tuple[list[Any], str, str]:
        """Other pages, or a fresh start: earlier questions were about something else."""
        return [], "", ""

    def look(self, file: str | None, pages: str, how: str, question: str, model: str, history: Any) -> tuple[str, str]:
        """The cost line, and the chosen pages."""
        if not file:
            return "", ""
        try:
            document = open_document(file)
            numbers = chosen(document, pages)
            paper = pages_html(document, numbers, _drawn(document, numbers, how), self._services.pictures)
        except PlaygroundError as error:
            return problem_html(error), ""
        return self.price(file, pages, how, question, model, history), paper

    def price(self, file: str | None, pages: str, how: str, question: str, model: str, history: Any) -> str:
        """The cost line, counted only for a model that is loaded: looking must not load gigabytes."""
        if not file:
            return ""
        try:
            inquiry = self._inquiry(file, question or "?", pages, how, model, history)
            if not model or not self._services.catalogue.listing(model).loaded:
                return state_html("Tokens are counted once the model is loaded: its first answer loads it.")
            return cost_html(inquiry.document, inquiry.numbers, cost(inquiry, self._services.backend(model)))
        except PlaygroundError as error:
            return problem_html(error)

    def show(
        self, file: str | None, pages: str, how: str, question: str, model: str, history: Any, request: gr.Request
    ) -> Iterator[tuple[str, str, Any]]:
        """State, conversation and history, as the answer grows."""
        try:
            inquiry = self._inquiry(file, question, pages, how, model, history)
            with self.stops.running(request) as signals:
                for reply in ask(inquiry, self._services, "page", signals):
                    yield self._shown(inquiry, reply)
        except PlaygroundError as error:
            yield problem_html(error), gr.skip(), gr.skip()

    def _shown(self, inquiry: Inquiry, reply: AnswerSoFar) -> tuple[str, str, Any]:
        """A reply under the earlier ones. It joins the history once it is over and holds something."""
        if reply.error is not None:
            raise reply.error
        exchanges = (*inquiry.before, (inquiry.question, reply.text))
        kept = [list(one) for one in exchanges] if reply.is_over and reply.text else gr.skip()
        return reply.html(), conversation_markdown(exchanges, inquiry.numbers), kept

    def tell(
        self,
        document: str | None,
        question: str,
        pages: str = "",
        how: str = "text",
        model: str = "",
        history: Any = None,
        temperature: float = 0.0,
        seed: int | None = 0,
        max_tokens: int = MOST_TOKENS,
    ) -> Iterator[dict[str, Any]]:
        """See `ENDPOINT`."""
        options = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
        try:
            inquiry = self._inquiry(document, question, pages, how, model, history, **options)
            for reply in ask(inquiry, self._services, "gradio", Signals()):
                yield {**reply.told(), "cited": list(cited(reply.text))}
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error

    def foresee(
        self,
        document: str | None,
        question: str = "",
        pages: str = "",
        how: str = "text",
        model: str = "",
        history: Any = None,
    ) -> dict[str, Any]:
        """See `COST`."""
        try:
            inquiry = self._inquiry(document, question or "?", pages, how, model, history)
            count = cost(inquiry, self._services.backend(model or None))
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        of = {"total": count.total, "images": count.images, "context": count.context}
        return {**of, "pages": list(inquiry.numbers), "of_pages": len(inquiry.document.pages)}

    def _inquiry(
        self, file: str | None, question: str, pages: str, how: str, model: str, history: Any, **options: Any
    ) -> Inquiry:
        document = open_document(file)
        before = earlier(history or ())
        return Inquiry(document, chosen(document, pages), how, question or "", before, model or None, **options)


def _drawn(document: Document, numbers: Sequence[int], how: str) -> tuple[Image, ...]:
    """Pictures of the pages to show. Where the model gets text only, it does not matter that some cannot be drawn."""
    if how != "text":
        return pictures_of(document, numbers)
    with suppress(UnsupportedInput):
        return pictures_of(document, numbers[:MOST_DRAWN])
    return ()
