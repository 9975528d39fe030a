"""Who may use the API, and how much of it: keys, requests in a minute, requests at a time.

Keys are compared in constant time and by their hashes, so the keys of a file need not stand in it. A key is long and
drawn at random, so one round of SHA-256 hides it as well as a slow hash would.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from playground.api.failures import NotAuthorised, TooMany

MINUTE_S = 60.0


@dataclass(frozen=True)
class Key:
    """A key by the SHA-256 of its text, in hex. None: no limit."""

    name: str
    sha256: str = field(repr=False)
    requests_per_minute: int | None = None
    concurrent: int | None = None


NOBODY = Key("", "")
"""Stands for every caller where no key is asked for."""


def hashed(key: str) -> str:
    """The SHA-256 of a key's text, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


class Lease:
    """One request's place among its key's; `release` may be called more than once."""

    def __init__(self, key: Key, give_back: Callable[[], None]) -> None:
        self.key = key
        self._give_back: Callable[[], None] | None = give_back

    @property
    def owner(self) -> str:
        """What belongs to the key is kept under this word."""
        return self.key.sha256

    def release(self) -> None:
        """Make room for the key's next request."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


class Access:
    """Lets requests in. Without keys everybody may come in, as Gradio's own login does not cover other routes."""

    def __init__(self, keys: Iterable[Key] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = tuple(keys)
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {key.sha256: deque() for key in self._keys}
        self._running: dict[str, int] = dict.fromkeys(self._recent, 0)

    def enter(self, headers: Mapping[str, str]) -> Lease:
        """A place for a request with these headers; `x-api-key` or `Authorization: Bearer` holds the key.

        Raises: NotAuthorised when it has no key of these; TooMany when the key's limits are reached.
        """
        if not self._keys:
            return Lease(NOBODY, lambda: None)
        key = self._key_of(headers)
        with self._lock:
            self._check_rate(key)
            if key.concurrent is not None and self._running[key.sha256] >= key.concurrent:
                text = f"The key {key.name!r} has {key.concurrent} requests running, the most it may; wait for one."
                raise TooMany(text)
            self._recent[key.sha256].append(self._clock())
            self._running[key.sha256] += 1
        return Lease(key, lambda: self._leave(key))

    def _key_of(self, headers: Mapping[str, str]) -> Key:
        """The key that was sent. All are compared, so that the time taken tells nothing."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        sent = [hashed(headers.get("x-api-key", "")), hashed(bearer.strip() if scheme.lower() == "bearer" else "")]
        found = [key for key in self._keys for one in sent if hmac.compare_digest(key.sha256, one)]
        if not found:
            raise NotAuthorised(
                "The API key is missing or wrong. Send it as 'Authorization: Bearer KEY' or 'x-api-key'."
            )
        return found[0]

    def _check_rate(self, key: Key) -> None:
        recent, now = self._recent[key.sha256], self._clock()
        while recent and recent[0] <= now - MINUTE_S:
            recent.popleft()
        if key.requests_per_minute is not None and len(recent) >= key.requests_per_minute:
            wait = recent[0] + MINUTE_S - now if recent else MINUTE_S
            raise TooMany(
                f"The key {key.name!r} may send {key.requests_per_minute} requests a minute; wait {wait:.0f} s.",
                retry_after_s=wait,
            )

    def _leave(self, key: Key) -> None:
        with self._lock:
            self._running[key.sha256] -= 1
