"""Gemma Playground: Gemma in a chat page and behind an API, in one process."""
