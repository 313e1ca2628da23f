"""Clients of Copr, each on another library, tested with the kit as their authors would test them."""
