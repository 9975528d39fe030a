"""What goes wrong with somebody else's server, in our families of errors and in plain words."""

from __future__ import annotations

import re

import openai

from playground.errors import (
    CallerError,
    ContextTooLong,
    ModelUnavailable,
    Overloaded,
    PlaygroundError,
    ServerError,
    UnsupportedInput,
)

TOO_LONG = re.compile(r"context.{0,20}(length|window|size)|maximum.{0,20}tokens|too (long|many tokens)", re.IGNORECASE)
SHOWN_CHARS = 400


class BackendFailed(ServerError):
    """The server that runs the model did not do its part; another one may."""

    code = "backend_failed"


def explain(error: Exception, host: str, model: str) -> PlaygroundError:
    """The client's error as ours. It tells the host, never its path or key."""
    model = model or "the model"
    match error:
        case openai.APITimeoutError():
            return BackendFailed(f"{host} did not answer in time. Try again, or choose another model.")
        case openai.APIConnectionError():
            why = f" ({error.__cause__})" if error.__cause__ is not None and str(error.__cause__) else ""
            return BackendFailed(f"{host} cannot be reached{why}. Is the server up that runs {model or 'the model'}?")
        case openai.APIStatusError():
            return _status(error, host, model)
        case openai.APIError():
            return BackendFailed(f"{host} broke off: {_shown(error.message)}")
    return BackendFailed(f"{host} sent what is no reply: {type(error).__name__}: {_shown(str(error))}")


def may_another(error: PlaygroundError) -> bool:
    """Whether another server could do better with the same request."""
    return isinstance(error, ServerError | ModelUnavailable)


def _status(error: openai.APIStatusError, host: str, model: str) -> PlaygroundError:
    said = _shown(_said(error))
    match error.status_code:
        case 401 | 403:
            return BackendFailed(f"{host} refused the key that this app has for it. Whoever runs the app must mend it.")
        case 402:
            return BackendFailed(f"{host} wants to be paid first: {said}")
        case 404:
            return ModelUnavailable(f"{host} has no model {model!r}, or no chat at that address: {said}")
        case 408 | 504:
            return BackendFailed(f"{host} did not answer in time: {said}")
        case 413:
            return UnsupportedInput(f"The request is larger than {host} takes: {said}")
        case 429:
            return Overloaded(f"{host} takes no more requests now: {said} Try again in a moment.")
        case status if 400 <= status < 500:
            if TOO_LONG.search(said):
                return ContextTooLong(f"{host} refused the conversation as too long: {said}")
            return CallerError(f"{host} refused the request: {said}", code="backend_refused")
        case status:
            return BackendFailed(f"{host} failed with status {status}: {said}")


def _said(error: openai.APIStatusError) -> str:
    """The server's own words, from whichever field it puts them in."""
    body = error.body
    if isinstance(body, dict):
        for field in ("message", "detail", "error"):
            if found := body.get(field):
                return str(found.get("message", found)) if isinstance(found, dict) else str(found)
    return str(body or error.message)


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_CHARS else flat[: SHOWN_CHARS - 1] + "…"
