"""Evals: cases with a right answer, asked of models, judged, kept and compared."""
