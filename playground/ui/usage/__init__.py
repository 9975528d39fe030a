"""The usage page: what was asked of this server, in figures and charts."""
