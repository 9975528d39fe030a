"""HTTP: routes, keys and limits. Reaches models only through chat/."""
