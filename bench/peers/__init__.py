"""Programs that write tokens, each behind the same small interface."""
