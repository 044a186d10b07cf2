"""Slips from the counter: an initial secret on paper, for a first certificate or a login password (SPEC, Terms; E3)."""
