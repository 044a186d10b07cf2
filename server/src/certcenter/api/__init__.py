"""The HTTP API with OpenAPI; the single place that turns errors into answers."""
