"""The window: a thin shell over the command core, in the portal's calm language (SPEC A; manuals M0 and M3)."""
