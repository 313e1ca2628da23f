"""What goes wrong on purpose: which requests it hits, what clients get then, and what stays as it is."""
