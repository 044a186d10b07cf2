"""Verification codes and the grants they give (SPEC D4, E3)."""
