"""The command ``copr-chroot-fake``, also run by ``python -m copr_chroot_fake``.

The base installation has no command-line packages, so this module imports none
before it has checked that they are installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from .version import __version__

PACKAGES = ("click", "filelock", "httptools")
"""What the ``server`` extra installs."""


def main() -> None:
    """Run the command line, or exit with status 2 if the ``server`` extra is not installed."""
    if sys.argv[1:] == ["--version"]:
        print(f"copr-chroot-fake, version {__version__}")
        return
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        print(
            f"Error: copr-chroot-fake needs {names}, which the server extra installs: "
            "pip install 'copr-chroot-fake[server]'",
            file=sys.stderr,
        )
        sys.exit(2)
    from .cli import main as command

    command(prog_name="copr-chroot-fake")


if __name__ == "__main__":
    main()
