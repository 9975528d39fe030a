"""The page of vision tasks: caption, read, label, find, count, fill in."""
