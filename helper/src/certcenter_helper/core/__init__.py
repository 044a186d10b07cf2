"""The command core: what the helper can do, without a window and without a terminal (docs/architecture.md)."""
