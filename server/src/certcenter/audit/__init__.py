"""Append-only history with a verifier (SPEC D6): writers' chains, sequencer, tree, signed checkpoints."""
