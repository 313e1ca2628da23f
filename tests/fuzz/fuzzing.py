"""The process that fuzzes a target with Atheris (libFuzzer with coverage of Python code)."""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["copr_chroot_fake"]):
    from .cases import read_cases
    from .mutating import Mutator, make_connection
    from .targets import TARGETS


def main(target: str, options: list[str]) -> None:
    mutator = Mutator(read_cases(target))

    def mutate(case: bytes, most: int, seed: int) -> bytes:
        if target in ("connections", "framing") and seed % 4 == 0:
            return make_connection(Random(seed))[:most]
        changed = mutator.change(case, seed) if seed % 4 else None
        # A truncated document is not a document.
        return changed if changed is not None and len(changed) <= most else bytes(atheris.Mutate(case, most))

    atheris.Setup([f"{sys.executable} -m {__spec__.name} {target}", *options], TARGETS[target], custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
