"""What the plugin adds to a run of pytest: prints it in seconds of processor time.

A process of its own, which has run pytest once without the plugin, forks for
each run: what comes before is far longer than the run, and its noise is more
than what there is to measure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

import pytest

from .figures import difference

PLUGIN = "copr-chroot-fake"
OTHERS = [entry.name for entry in entry_points(group="pytest11") if entry.name != PLUGIN]


def runs(path: str, without: list[str]) -> Callable[[], float]:
    arguments = ["-q", "-p", "no:cacheprovider", path]
    for name in without:
        arguments += ["-p", f"no:{name}"]

    def run() -> float:
        child = os.fork()
        if child == 0:
            os._exit(pytest.main(arguments))
        _, status, usage = os.wait4(child, 0)
        assert status == 0, f"pytest ended with {status}"
        return usage.ru_utime + usage.ru_stime

    return run


if __name__ == "__main__":
    path, rounds, stdout = sys.argv[1], int(sys.argv[2]), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pytest.main(["-q", "-p", "no:cacheprovider", path, *(f"-pno:{name}" for name in (*OTHERS, PLUGIN))])
    added = difference(runs(path, OTHERS), runs(path, [*OTHERS, PLUGIN]), rounds)
    os.write(stdout, f"{added}\n".encode())
