"""Fees of the corporate profile (SPEC C3)."""
