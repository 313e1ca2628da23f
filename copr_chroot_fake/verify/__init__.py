"""Compare the fake with a real Copr: the same requests to both, and each difference between the responses."""
