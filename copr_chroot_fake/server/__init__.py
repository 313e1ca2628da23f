"""The standalone server, ``copr-chroot-fake serve``, and its state file."""
