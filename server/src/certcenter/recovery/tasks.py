"""What follows a request after its answer was given."""
