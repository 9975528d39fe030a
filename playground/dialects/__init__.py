"""How each model family writes a conversation, and how its replies are read. Knows text and control tokens only."""

from playground.dialects.dialect import Dialect
from playground.dialects.gemma3 import Gemma3
from playground.dialects.gemma4 import Gemma4
from playground.errors import ModelUnavailable

_DIALECTS: dict[str, Dialect] = {dialect.family: dialect for dialect in (Gemma3(), Gemma4())}


def dialect_for(family: str) -> Dialect:
    """The dialect of a model family.

    Raises: ModelUnavailable naming the known families.
    """
    try:
        return _DIALECTS[family]
    except KeyError:
        known = ", ".join(sorted(_DIALECTS))
        raise ModelUnavailable(f"There is no dialect for the family {family!r}; known are {known}.") from None
