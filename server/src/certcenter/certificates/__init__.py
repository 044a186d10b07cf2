"""Life of a certificate (SPEC A, E8): lifecycle and policy are pure, actions are the only writers."""
