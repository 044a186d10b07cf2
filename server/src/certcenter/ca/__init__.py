"""Certificate authorities: one interface, an embedded CA behind it, room for outside ones (SPEC D1, D2)."""
