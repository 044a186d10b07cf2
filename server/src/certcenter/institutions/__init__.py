"""Tenants and their policy files (SPEC, policy table)."""
