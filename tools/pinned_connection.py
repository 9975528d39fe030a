"""Connections that go only to checked addresses and end with the whole download's time."""

from __future__ import annotations

import functools
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import certifi
import httpcore

from tools.addresses import Address, is_forbidden, is_public, look_up
from tools.time_limit import Cancelled, OutOfTime, run_within
from tools.web_address import FetchError

T = TypeVar("T")

CONNECT_S = 5.0
"""For one of a host's addresses, so that a dead one leaves time for the next."""


@dataclass(frozen=True)
class Clock:
    """The time limit of the whole download, and the wish to stop it."""

    deadline: float
    cancel: threading.Event | None
    limit_s: float

    def check(self) -> float:
        """Seconds left.

        Raises: FetchError when none are, or the download is no longer wanted.
        """
        if self.cancel is not None and self.cancel.is_set():
            raise FetchError("The download was stopped.")
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError(f"The server did not finish within {self.limit_s:g} seconds. Try later.")
        return left


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to a host's checked address, looked up once. TLS still proves that the server owns the host's name."""

    def __init__(self, clock: Clock, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._clock = clock
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:  # noqa: ARG002
        """A connection to the first of the host's addresses that answers, if all of them are allowed."""
        error: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(str(address), port, timeout=min(CONNECT_S, self._clock.check()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
            else:
                return _TimedStream(stream, self._clock)
        raise error or httpcore.ConnectError("no address")

    def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            return run_within(
                self._clock.check(),
                lambda: checked_addresses(host, port, allow_private=self._allow_private),
                self._clock.cancel,
            )
        except (OutOfTime, Cancelled) as error:
            self._clock.check()
            raise FetchError(f"The host {host!r} could not be looked up in time.") from error


def checked_addresses(host: str, port: int, *, allow_private: bool) -> list[Address]:
    """The host's addresses, all of which may be connected to. Looks them up, which may take its time.

    Raises: FetchError when there are none, or one of them must not be reached.
    """
    try:
        found = look_up(host, port)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"There is no host {host!r}. Check the address.") from error
    for address in found:
        if is_forbidden(address):
            raise FetchError(f"{host!r} is at {address}, which is not on the public internet and never fetched.")
        if not (is_public(address) or allow_private):
            raise FetchError(
                f"{host!r} is at {address}, which is not on the public internet. "
                "Whoever runs this app can allow private addresses (PLAYGROUND_ALLOW_PRIVATE_URLS)."
            )
    return found


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the whole download's time, however slowly the server drips."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - ours is shorter
        return self._timed(lambda left: self._stream.read(max_bytes, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._timed(lambda left: self._stream.write(buffer, left))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._clock.check())
        return _TimedStream(secured, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _timed(self, act: Callable[[float], T]) -> T:
        try:
            return act(self._clock.check())
        except (httpcore.ReadTimeout, httpcore.WriteTimeout):
            self._clock.check()
            raise


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the machine's own authorities (or SSL_CERT_FILE) and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
