"""Small programs that ask Copr, each on another library, tested with the kit as their authors would."""
