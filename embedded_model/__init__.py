"""How the adapter of the embedded model was made: data, training and evaluation. The app needs none of it."""
