"""JSON of foreign protocols to our values and back."""
