"""The page: components, actions and bubbles. Reaches models only through chat/."""
