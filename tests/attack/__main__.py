"""Attack a server: ``python -m tests.attack --requests 10000 --tls``; the status is 1 if it violates a check."""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path

from .attack import Attack

OTHER_FILES = 1000
"""Open files of a process, except for idle and slow connections."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description="Attack a server.")
    parser.add_argument("--requests", type=int, default=Attack.requests, help="cases of mutated requests")
    parser.add_argument("--connections", type=int, default=Attack.connections, help="idle and slow connections")
    parser.add_argument("--seed", type=int, default=Attack.seed, help="of the first case")
    parser.add_argument("--tls", action="store_true", help="use TLS")
    attack = Attack(**vars(parser.parse_args()))
    if not Path("/proc/self/statm").exists():
        sys.exit("attack: measuring the memory and open files of a server needs Linux's /proc")
    allow_files(attack.connections + OTHER_FILES)
    attack.run()
    print(f"{len(attack.violations)} checks are violated:" if attack.violations else "passed: no check is violated")
    for violation in attack.violations:
        print(f"  {violation}")
    return 1 if attack.violations else 0


def allow_files(needed: int) -> None:
    """Raise the limit of open files of this process, and so of the server that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(
            f"attack: {needed:,} open files are needed, but at most {hard:,} are allowed; raise the hard limit "
            "(ulimit -Hn), or lower --connections"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


if __name__ == "__main__":
    sys.exit(main())
