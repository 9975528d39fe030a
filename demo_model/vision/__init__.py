"""Pictures for the demo model: drawing them, asking about them, learning to see them."""
