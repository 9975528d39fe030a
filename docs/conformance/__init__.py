"""What the official packages get from this server, tried feature by feature; `python -m docs.conformance`."""
