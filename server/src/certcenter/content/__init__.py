"""Consent texts, announcements, instructions, FAQ; versioned."""
