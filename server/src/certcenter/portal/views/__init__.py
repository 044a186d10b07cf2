"""Views parse, call one action, render (DESIGN, The shape of every change)."""
