"""The one table from our errors to HTTP: status, OpenAI's type word and Anthropic's."""

from __future__ import annotations

from dataclasses import dataclass

from playground.errors import CallerError, ModelUnavailable, Overloaded, PlaygroundError


class NotAuthorised(CallerError):
    """The request lacks a valid key."""

    code = "invalid_api_key"


class TooLarge(CallerError):
    """The body is larger than the server takes."""

    code = "request_too_large"


class NotFound(CallerError):
    """What the path names is not here, or not this key's."""

    code = "not_found"


class TooMany(Overloaded):
    """A key's limit is reached; the same request may succeed in `retry_after_s` seconds."""

    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Failure:
    """How one family of errors looks from outside."""

    status: int
    openai: str
    anthropic: str


TABLE: tuple[tuple[type[PlaygroundError], Failure], ...] = (
    (NotAuthorised, Failure(401, "authentication_error", "authentication_error")),
    (TooLarge, Failure(413, "invalid_request_error", "request_too_large")),
    (NotFound, Failure(404, "invalid_request_error", "not_found_error")),
    (ModelUnavailable, Failure(404, "invalid_request_error", "not_found_error")),
    (CallerError, Failure(400, "invalid_request_error", "invalid_request_error")),
    (Overloaded, Failure(429, "rate_limit_error", "rate_limit_error")),
    (PlaygroundError, Failure(500, "server_error", "api_error")),
)
"""First match wins, so narrow classes stand before wide ones."""


def failure_of(error: PlaygroundError) -> Failure:
    """How this error looks from outside."""
    return next(failure for family, failure in TABLE if isinstance(error, family))
