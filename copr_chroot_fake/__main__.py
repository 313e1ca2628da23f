"""Run the command line with ``python -m copr_chroot_fake``."""

from .cli import main

main(prog_name="copr-chroot-fake")
