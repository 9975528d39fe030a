"""How events of the page alone are wired."""

from typing import Any

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": []}
"""Not part of the API, and shown by what they change, not by a spinner.

Gradio's page notes each event's progress at all its outputs, and from then on copies the whole value of each of them
whenever any event moves on: a long conversation would be copied fifteen times a second while a reply grows. With no
place for progress, nothing is copied.
"""
