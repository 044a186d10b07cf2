"""Side by side with peers: one command, one table (`python -m bench`, bench/README.md)."""
