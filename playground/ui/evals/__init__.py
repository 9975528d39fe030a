"""The page that asks models many questions with known answers."""
