"""Nonces, proofs by key, server shares of wrapped keys (SPEC E6)."""
