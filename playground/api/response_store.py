"""What `/v1/responses` keeps: finished and running responses with their messages, each for the key that made it.

SQLite, in memory or in a file that only its owner can read. Nobody gets at another key's responses: they are not found.
Kept until deleted, until `days` after the last use, or until there is more than `most_bytes` of them, oldest first.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.chat.conversation import Conversation, from_json, to_json
from playground.errors import CallerError
from playground.images import read_kept_image

DAY_S = 86_400
MOST_BYTES = 512 * 2**20
LONGEST_CHAIN = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, previous TEXT, used REAL NOT NULL, bytes INTEGER NOT NULL,
    response TEXT NOT NULL, input TEXT NOT NULL, messages TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON responses (used);
"""


@dataclass(frozen=True)
class Stored:
    """One response. `input` are the items it was asked with; `messages` what it added to the conversation, both sides.

    `previous` is the id of the response that it goes on from.
    """

    response: Mapping[str, Any]
    input: Sequence[Mapping[str, Any]]
    messages: Conversation
    previous: str | None = None

    @property
    def id(self) -> str:
        """The response's id."""
        return str(self.response["id"])


class ResponseStore:
    """May be used from any thread."""

    def __init__(
        self,
        path: Path | None,
        *,
        days: float,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or create the file; None keeps everything in memory. Raises: CallerError when it cannot be used."""
        self._keep_s = days * DAY_S
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        try:
            if path is not None:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._base = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
            self._base.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise CallerError(
                f"The file {path} cannot keep responses: {error}. Choose another --responses-db."
            ) from error

    def put(self, owner: str, stored: Stored) -> None:
        """Keep a response, in place of an earlier state of it."""
        texts = [json.dumps(part) for part in (stored.response, list(stored.input), to_json(stored.messages))]
        row = (stored.id, owner, stored.previous, self._clock(), sum(map(len, texts)), *texts)
        with self._lock:
            self._base.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._prune()

    def get(self, owner: str, response_id: str) -> Stored | None:
        """A response of this owner's."""
        with self._lock:
            self._prune()
            row = self._base.execute(
                "SELECT response, input, messages, previous FROM responses WHERE id = ? AND owner = ?",
                (response_id, owner),
            ).fetchone()
            self._base.execute("UPDATE responses SET used = ? WHERE id = ?", (self._clock(), response_id))
        if row is None:
            return None
        response, asked, messages = (json.loads(text) for text in row[:3])
        return Stored(response, asked, from_json(messages, read_kept_image), row[3])

    def delete(self, owner: str, response_id: str) -> bool:
        """Forget a response; whether there was one of this owner's."""
        with self._lock:
            done = self._base.execute("DELETE FROM responses WHERE id = ? AND owner = ?", (response_id, owner))
            return done.rowcount > 0

    def conversation(self, owner: str, response_id: str) -> Conversation | None:
        """All messages up to and with a response, oldest first; None when one of the chain is not here any more."""
        parts: list[Conversation] = []
        following: str | None = response_id
        while following is not None and len(parts) < LONGEST_CHAIN:
            stored = self.get(owner, following)
            if stored is None:
                return None
            parts.append(stored.messages)
            following = stored.previous
        return tuple(message for part in reversed(parts) for message in part)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _prune(self) -> None:
        self._base.execute("DELETE FROM responses WHERE used < ?", (self._clock() - self._keep_s,))
        self._base.execute(
            "DELETE FROM responses WHERE id IN (SELECT id FROM (SELECT id, SUM(bytes) OVER "
            "(ORDER BY used DESC, id) AS kept FROM responses) WHERE kept > ?)",
            (self._most_bytes,),
        )
