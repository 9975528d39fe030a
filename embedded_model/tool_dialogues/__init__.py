"""Dialogues in which tools are called, made from templates: `data/tools.jsonl` and `data/tools_heldout.jsonl`.

    python -m embedded_model.tool_dialogues [--out FOLDER]

`tools/` holds what can be asked of each tool, `words/` what the questions are about and what needs no tool. To add a
tool, add a block to a file in `tools/` (`declarations.py` says how it reads) and run the command again.
"""
