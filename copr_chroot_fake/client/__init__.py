"""The reference client of the ``build-chroot`` API, sync and async, for a fake and for Copr itself."""
