"""Hardware tokens of the corporate profile (SPEC C)."""
