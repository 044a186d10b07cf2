"""Pictures of the helper's window, figure by figure of manuals M0 and M3: `python -m tests.figures --help`."""
