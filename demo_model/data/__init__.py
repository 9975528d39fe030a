"""Synthetic dialogues: what the demo model learns from."""
