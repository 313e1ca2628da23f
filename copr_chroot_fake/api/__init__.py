"""What Copr answers: one request in, one answer out, every rule of the service in one place."""
