"""The three families of error, told apart by who can do something about it.

`CallerError`: the request is at fault and its sender can mend it.
`ToolError` (in `tools/tool.py`): the model's call is at fault; the text goes back to the model as the call's result.
`ServerError`: this process or its machine is at fault.

Every message says what happened, the value, and what to do. One table maps families to HTTP status: `api/failures.py`.
"""


class PlaygroundError(Exception):
    """Base of every error whose text is meant to be read by a person.

    `code` is a stable, machine-readable word such as `context_too_long`; `param` names the request field at fault.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code is not None:
            self.code = code


class CallerError(PlaygroundError):
    """The request cannot be served as it stands; the message says how to change it."""

    code = "invalid_request"


class ContextTooLong(CallerError):
    """The prompt and the reply asked for do not fit the model's context."""

    code = "context_too_long"


class UnsupportedInput(CallerError):
    """The model or the machine cannot take this kind of input (an image for a text-only model, say)."""

    code = "unsupported_input"


class ModelUnavailable(CallerError):
    """A model was named that is not here, is gated, is of an unsupported family, or does not fit in memory."""

    code = "model_unavailable"


class Cancelled(CallerError):
    """Somebody stopped a download or a load on purpose; nothing is wrong, and what was done so far is kept."""

    code = "cancelled"


class ServerError(PlaygroundError):
    """This process could not do its part, although the request was right."""

    code = "server_error"


class Overloaded(ServerError):
    """The queue is full; the same request may succeed later."""

    code = "overloaded"
