"""Credentials, lockout, captcha, login; later change, unify, reissue, unlock (SPEC B, E1, E2)."""
