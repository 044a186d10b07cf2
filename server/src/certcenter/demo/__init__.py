"""The demo's data and the tour; real customers of a fictional broker."""
