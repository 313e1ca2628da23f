"""Print the processor time, in seconds, that the plugin adds to a run of pytest.

This process runs pytest once without the plugin, and then forks for each measured run. The startup before that takes
far longer than a run, and varies more than the plugin adds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

import pytest

from .figures import difference

PLUGIN = "copr-chroot-fake"
OTHER_PLUGINS = [entry.name for entry in entry_points(group="pytest11") if entry.name != PLUGIN]


def timed_run(path: str, disabled: list[str]) -> Callable[[], float]:
    arguments = ["-q", "-p", "no:cacheprovider", path, *(f"-pno:{name}" for name in disabled)]

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
    without_plugins = [*OTHER_PLUGINS, PLUGIN]
    pytest.main(["-q", "-p", "no:cacheprovider", path, *(f"-pno:{name}" for name in without_plugins)])
    added = difference(timed_run(path, OTHER_PLUGINS), timed_run(path, without_plugins), rounds)
    os.write(stdout, f"{added}\n".encode())
