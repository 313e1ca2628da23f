"""Messages that Copr publishes: their content, and their subscribers."""
