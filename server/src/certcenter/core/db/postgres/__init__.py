"""Django's PostgreSQL backend."""
