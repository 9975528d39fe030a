"""The embedded default model: how its data is made, how it is trained, what it scores, and its weights."""
