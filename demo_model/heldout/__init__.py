"""Held-out text cases for the demo model, written by hand without a look at the training generator. See README.md."""
