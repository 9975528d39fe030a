"""The page that puts one prompt to several models or settings, side by side."""
