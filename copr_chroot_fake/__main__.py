"""``python -m copr_chroot_fake`` is the command line."""

from .cli import main

main(prog_name="copr-chroot-fake")
