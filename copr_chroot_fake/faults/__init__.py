"""What goes wrong on purpose: which requests a fault hits, and what becomes of their answers."""
