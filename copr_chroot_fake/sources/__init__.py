"""Reading uploaded sources: the headers of source packages, and specs, of which nothing is ever executed."""
