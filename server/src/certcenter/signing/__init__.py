"""Orders: verification and evidence (SPEC A15, D8)."""
