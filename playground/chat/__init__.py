"""The tool loop and the conversation: one loop for the page and every API."""
