"""A model in this process: joins a dialect, a tokenizer and the engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from playground.backends.backend import Capabilities, Sight, TokenCount
from playground.backends.local_reply import LocalReply
from playground.backends.local_trace import steps_of
from playground.backends.thought_end import ThoughtEnd
from playground.dialects import dialect_for
from playground.dialects.crops import with_crops
from playground.dialects.dialect import ImageSlot, Reader
from playground.dialects.raw import RawReader, raw_pieces
from playground.dialects.token_text import Encoded, TokenText
from playground.engine.cache import cache_folder
from playground.engine.constrain import Vocabulary
from playground.engine.disk_blocks import DiskBlocks, identity
from playground.engine.engine import Engine
from playground.engine.image_inputs import ImageInputMaker, ImageInputs
from playground.engine.request import ImageSpan, Request
from playground.engine.speculation import Mode
from playground.engine.weights import LoadedModel
from playground.errors import CallerError, PlaygroundError, ServerError, UnsupportedInput
from playground.events import Event, Failed, Finished, Reason
from playground.messages import Image, Message, system, user
from playground.options import Options
from playground.run_card import Setting, make_card
from playground.token_trace import Trace
from playground.turn import Turn

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Prompt:
    """A turn as ids, with its images in order."""

    encoded: Encoded
    images: tuple[ImageInputs, ...] = ()
    seams: tuple[int, ...] = ()
    instructions: int = 0

    @property
    def spans(self) -> tuple[ImageSpan, ...]:
        """The images as the engine takes them."""
        places = zip(self.encoded.images, self.images, strict=True)
        return tuple(ImageSpan(start, length, image.tensors, image.digest) for (start, length), image in places)


class LocalBackend:
    """Implements `Backend` for one loaded model. Safe to use from several threads."""

    def __init__(
        self,
        model: LoadedModel,
        name: str,
        *,
        max_active: int = 8,
        max_queue: int = 32,
        cache_bytes: int = 2 * 2**30,
        disk_bytes: int = 0,
        disk_folder: Path | None = None,
        speculate: Mode = "auto",
        threads: int | None = None,
        read_ahead: bool = True,
    ) -> None:
        """Take over `model`. The settings are those of `Engine`. `read_ahead`: read replies again for the next turn.
        `disk_bytes` of past prompts are kept in `disk_folder`, or in the cache folder.
        """
        self._model = model
        self._dialect = dialect_for(model.family)
        self._tokens = TokenText(model.tokenizer, self._dialect.control_tokens, self._dialect.image_tokens)
        self._stop_ids = model.stop_ids | self._tokens.ids_of(self._dialect.stop_tokens)
        self._capabilities = _capabilities(model, name)
        self._setting = Setting(
            name=name,
            family=model.family,
            revision=model.revision,
            template_hash=self._dialect.template_hash,
            device=str(model.device),
            dtype=model.precision.name,
            computing=model.computing,
        )
        vocabulary = Vocabulary(self._tokens.vocabulary_json, tuple(sorted(self._stop_ids)))
        self._start_engine = partial(
            Engine,
            model.model,
            context_tokens=model.context_tokens,
            vocabulary=vocabulary,
            max_active=max_active,
            max_queue=max_queue,
            cache_bytes=cache_bytes,
            speculate=speculate,
            threads=threads,
        )
        self._reads_ahead = read_ahead
        self._turn_id = self._tokens.id_of(self._dialect.turn_token)
        self._disk = (
            (disk_folder or cache_folder() / "prompts", disk_bytes, identity(self._setting, threads))
            if disk_bytes
            else None
        )
        self._started: Engine | None = None
        self._starting = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """See `Backend.capabilities`."""
        if self._started is None:
            return self._capabilities
        details = {**(self._capabilities.details or {}), "computing": self._started.path}
        return replace(self._capabilities, details=details)

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """See `Backend.reply`."""
        try:
            yield from self._reply(turn, cancel)
        except PlaygroundError as error:
            yield Failed(error)
        except Exception as error:
            log.exception("a reply broke down")
            yield Failed(ServerError(f"The reply broke down: {type(error).__name__}: {error}"))

    def count_tokens(self, turn: Turn) -> TokenCount:
        """See `Backend.count_tokens`. A part counts as what the prompt would be shorter without it."""
        prompt = self._prompt(turn)
        question = user("?")
        bare = self._length(question)
        has_system = bool(turn.messages) and turn.messages[0].role == "system"
        return TokenCount(
            total=len(prompt.encoded.ids) + len(turn.begun),
            system=self._length(system(turn.messages[0].text), question) - bare if has_system else 0,
            tools=len(self._prompt(Turn((question,), turn.tools)).encoded.ids) - bare,
            images=sum(length for _, length in prompt.encoded.images),
            context=self._model.context_tokens,
        )

    def sight(self, image: Image) -> Sight:
        """See `Backend.sight`."""
        maker = self._image_maker(1)
        return Sight(maker.view(image), maker.make(image).length, maker.budget, maker.crops(image))

    def trace(self, turn: Turn, prompt_ids: Sequence[int], output_ids: Sequence[int], /) -> Trace:
        """See `Backend.trace`."""
        grammar = self._dialect.grammar(turn)
        matcher = self._engine().matcher(grammar) if grammar is not None else None
        steps = steps_of(output_ids, self._tokens, self._dialect.reader(turn), matcher, self._stop_ids)
        return Trace(self._tokens.spelled(prompt_ids), self._tokens.spelled(output_ids), tuple(steps))

    def cache_usage(self) -> Mapping[str, int]:
        """See `ClosableBackend.cache_usage`: the fields of the engine's `CacheUsage`."""
        return asdict(self._started.cache_usage()) if self._started is not None else {}

    def close(self) -> None:
        """End its thread; replies that are still being written end as cancelled."""
        self._engine().close()

    def _engine(self) -> Engine:
        """The engine, started when it is first asked for: on ZeroGPU that is in a fork, where earlier threads end."""
        with self._starting:
            if self._started is None:
                self._started = self._start_engine(disk=DiskBlocks(*self._disk) if self._disk else None)
            return self._started

    def _reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        options = turn.options.with_seed()
        request = self._request(turn, options)
        reader: Reader = self._dialect.reader(turn) if turn.raw is None else RawReader()
        reply = LocalReply(self._tokens, reader, request, turn.prefill)
        thought = ThoughtEnd(turn, request, self._dialect, cancel)
        with self._engine().submit(request, cancel) as stream:
            for event in reply.events(stream):
                thought.look(stream, is_thinking=reply.is_thinking)
                yield event
        if self._reads_ahead and reply.message.parts and not reply.message.calls:
            following = replace(turn, messages=(*turn.messages, reply.message, user("?")), prefill="", begun=())
            self._engine().read_ahead(lambda: self._start_of(following), stream)
        yield self._terminal(reply, thought.request)

    def _request(self, turn: Turn, options: Options) -> Request:
        prompt = self._prompt(turn)
        if ends := [token for token in turn.begun if token in self._stop_ids]:
            raise CallerError(
                f"The reply cannot begin with token {ends[0]}, which ends replies.", code="begun_with_end"
            )
        return Request(
            prompt_ids=(*prompt.encoded.ids, *turn.begun),
            options=options,
            stop_ids=self._stop_ids,
            images=prompt.spans,
            grammar=self._dialect.grammar(turn) if turn.raw is None else None,
            forbidden_ids=self._model.forbidden_ids,
            seams=(*prompt.seams, len(prompt.encoded.ids)) if turn.begun else prompt.seams,
            begun=len(turn.begun),
            instructions=prompt.instructions,
        )

    def _start_of(self, turn: Turn) -> Request:
        """The turn's prompt, with seams up to its last message only."""
        request = self._request(turn, turn.options)
        *_, before_last, _ = request.seams
        return replace(request, seams=tuple(seam for seam in request.seams if seam <= before_last))

    def _terminal(self, reply: LocalReply, request: Request) -> Finished | Failed:
        message, ended = reply.message, reply.ended
        messages = (message,) if message.parts else ()
        if ended.error is not None:
            return Failed(ended.error, messages)
        must_run = ended.reason == "stop" and bool(message.calls)
        reason: Reason = "tool_calls" if must_run else ended.reason
        return Finished(
            reason=reason,
            messages=messages,
            usage=reply.usage,
            seed=request.options.seed or 0,
            stop=ended.stop,
            pending=message.calls if must_run else (),
            card=make_card(
                replace(self._setting, computing=self._engine().path),
                prompt_ids=request.prompt_ids[: len(request.prompt_ids) - request.begun],
                images=[image.digest for image in request.images],
                options=request.options,
                grammar=request.grammar,
                output_ids=reply.ids,
                reason=reason,
                usage=reply.usage,
                calls=message.calls,
            ),
        )

    def _prompt(self, turn: Turn) -> _Prompt:
        """The turn as ids.

        Raises: CallerError when the family cannot express it; UnsupportedInput for images that nothing here can see.
        """
        make = self._see(turn)
        if isinstance(turn.raw, tuple):
            return _Prompt(Encoded(turn.raw, ()))
        pieces = self._dialect.render(turn) if turn.raw is None else raw_pieces(turn.raw, self._dialect)
        if turn.options.pan_and_scan and self._model.image_inputs is not None:
            pieces = with_crops(pieces, self._model.image_inputs.crops)
        inputs = {piece.image.digest: make(piece.image) for piece in pieces if isinstance(piece, ImageSlot)}
        encoded = self._tokens.encode(pieces, lambda image: inputs[image.digest].length)
        images = tuple(inputs[piece.image.digest] for piece in pieces if isinstance(piece, ImageSlot))
        instructions = self._instructions(turn, encoded.ids)
        turns = {place for place, token in enumerate(encoded.ids) if token == self._turn_id}
        # Where other prompts may part from this one: before each turn, and behind the system text and the tools.
        return _Prompt(encoded, images, tuple(sorted({*turns, instructions} - {0})), instructions)

    def _instructions(self, turn: Turn, ids: Sequence[int]) -> int:
        """How many ids hold the system text and the tools, with all that stands before them."""
        system_text = [message for message in turn.messages[:1] if message.role == "system"]
        if turn.raw is not None or not (system_text or turn.tools):
            return 0
        other = self._dialect.render(replace(turn, messages=(*system_text, user("?")), prefill=""))
        return _common_start(ids, self._tokens.encode(other).ids)

    def _see(self, turn: Turn) -> Callable[[Image], ImageInputs]:
        """How the turn's pictures become tensors.

        Raises: UnsupportedInput when the model sees none, or not in the way that the options ask for.
        """
        options = turn.options
        budget = None if options.image_tokens == "auto" else int(options.image_tokens)
        if not (count := sum(len(message.images) for message in turn.messages)):
            return lambda image: self._image_maker(1).make(image)
        maker = self._image_maker(count)
        if budget is not None and maker.cuts:
            raise UnsupportedInput(
                f"image_tokens is {budget}, and {self._setting.name} takes {maker.budget} tokens for every picture. "
                "Set it to auto; pan_and_scan shows it crops of long pictures.",
                param="image_tokens",
            )
        if options.pan_and_scan and not maker.cuts:
            raise UnsupportedInput(
                f"{self._setting.name} takes pictures in their own shape and no crops of them. Turn pan_and_scan off; "
                "image_tokens says how closely it looks.",
                param="pan_and_scan",
            )
        return lambda image: maker.make(image, budget)

    def _image_maker(self, count: int) -> ImageInputMaker:
        if self._model.image_inputs is None:
            pictures = "the image" if count == 1 else f"the {count} images"
            raise UnsupportedInput(
                f"{self._setting.name} reads text only. Remove {pictures}, or choose a model that sees: "
                "gemma-4-e2b, gemma-3-4b or larger.",
                param="messages",
            )
        return self._model.image_inputs

    def _length(self, *messages: Message) -> int:
        return len(self._prompt(Turn(messages)).encoded.ids)


def _common_start(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two prompts share from the start on."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _capabilities(model: LoadedModel, name: str) -> Capabilities:
    details: dict[str, Any] = {
        "model_type": model.model_type,
        "revision": model.revision,
        "parameters": model.parameters,
        "device": str(model.device),
        "dtype": model.precision.name,
        "computing": model.computing,
    }
    return Capabilities(
        name=name,
        family=model.family,
        context_tokens=model.context_tokens,
        images=model.image_inputs is not None,
        thinking=True,
        tools=True,
        details=details,
    )
