"""The command ``scenario``: checks, shows and generates scenarios, and prints their schema."""
