"""The page that tells how reliably a model uses a tool."""
