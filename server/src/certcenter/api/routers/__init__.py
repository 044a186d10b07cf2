"""The operations, by what they are about. Each parses, calls one action or query, and renders."""
