"""Django's SQLite backend with WAL, synchronous=FULL and one writer at a time."""
