"""The page that asks a model about a document and links its answers to pages."""
