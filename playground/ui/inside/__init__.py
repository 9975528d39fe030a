"""A reply from the inside: its recording, replayed, shared and opened again."""
