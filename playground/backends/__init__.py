"""Models behind one interface, in this process or on a remote server."""
