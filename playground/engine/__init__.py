"""Ids and images in, ids out. Knows nothing of chat, tools, HTTP or Gradio."""
