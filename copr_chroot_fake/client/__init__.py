"""The reference client of the ``build-chroot`` API, sync and async; it works with a fake and with Copr itself."""
