"""What the server remembers of each open tab."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.chat.context_window import Overflow
from playground.messages import ToolCall, ToolResult
from playground.ui.inside.look import Fork, Look
from playground.ui.running_reply import RunningReplies, RunningReply
from playground.ui.transcript import Transcript
from playground.ui.user_tools import UserTool
from tools.mcp_servers import McpServer

MOST_VISITS = 200
"""Beyond it the longest unused is forgotten; its browser still keeps the conversation."""


@dataclass
class Visit:
    """One tab. Only that tab's events touch it, one after the other, except for `stop`."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    """Of the conversation, as the browser files it."""
    origin: str = ""
    """The id of the conversation that this one was forked from."""
    transcript: Transcript = field(default_factory=Transcript)
    draft: Mapping[str, Any] | None = None
    """What the composer held when it was last sent, to give it back when the reply fails."""
    editing: int | None = None
    """The exchange whose question is in the composer to be sent again."""
    answers: dict[str, ToolResult] = field(default_factory=dict)
    """Results so far for calls that wait for the person, by call id; the rest of that turn's calls still wait."""
    approved: set[str] = field(default_factory=set)
    """Ids of calls that the person lets run."""
    tools: dict[str, UserTool] = field(default_factory=dict)
    """Tools that the visitor wrote, by name. They are the person's, not the conversation's."""
    servers: dict[str, McpServer] = field(default_factory=dict)
    """MCP servers that the visitor added, by name. They last as long as the tab: their keys are kept nowhere."""
    presets: dict[str, Any] = field(default_factory=dict)
    """Sets of settings that the visitor keeps, by name."""
    kept_pictures: set[str] = field(default_factory=set)
    """Digests of the pictures that the browser has."""
    new_runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Recordings by id that the browser is to keep and has not got yet."""
    look: Look | None = None
    """The reply that is shown from the inside, once it was replayed."""
    fork_to: Fork | None = None
    """What the reply that is waited for goes on from, if it begins within another one."""
    running: RunningReply | None = None
    """The reply that is being written, or was and has not joined the conversation yet."""
    reply_id: str = ""
    """By which this tab's browser finds its reply again, from the question to the end of the answer."""
    overflow: Overflow = "drop_oldest"
    """What to do when the conversation outgrows the model's context."""
    waiting: bool = False
    """A question or a settled call stands at the end of the transcript and has not been answered."""

    @property
    def is_new(self) -> bool:
        """Whether nothing has happened in this tab as far as this server knows."""
        return not self.transcript.exchanges and not self.waiting

    @property
    def unsettled(self) -> list[ToolCall]:
        """The calls that wait for the person, in order."""
        exchanges = self.transcript.exchanges
        settled = self.approved | self.answers.keys()
        return [call for call in exchanges[-1].pending if call.id not in settled] if exchanges else []

    def stop(self) -> None:
        """End the reply that is being written, if there is one."""
        if (running := self.running) is not None:
            running.stop()

    def wait(self) -> None:
        """Note that the end of the transcript waits for a reply."""
        self.waiting = True
        self.reply_id = RunningReplies.new_id()

    def settle_nothing(self) -> None:
        """Forget what the person said to calls of a version that is not shown any more."""
        self.answers.clear()
        self.approved.clear()

    def fork(self, transcript: Transcript) -> None:
        """Go on with this part as a conversation of its own; the browser keeps the one it came from."""
        self.settle_nothing()
        self.id, self.origin, self.transcript = secrets.token_urlsafe(12), self.id, transcript

    def start_over(self) -> None:
        """A new, empty conversation in this tab. A reply to the old one can still be found by its id."""
        self.running = None
        self.id, self.origin = secrets.token_urlsafe(12), ""
        self.transcript = Transcript()
        self.draft = self.editing = None
        self.settle_nothing()
        self.kept_pictures.clear()
        self.new_runs.clear()
        self.waiting = False


class Visits:
    """The open tabs by Gradio's session hash. Safe for several threads."""

    def __init__(self, most: int = MOST_VISITS) -> None:
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def of(self, session: str) -> Visit:
        """This tab's visit, new when the server has not seen the tab."""
        with self._lock:
            visit = self._visits.setdefault(session, Visit())
            self._visits.move_to_end(session)
            while len(self._visits) > self._most:
                self._visits.popitem(last=False)
            return visit
