"""The command ``scenario``: check, show and generate scenarios, and print their schema."""
