"""Fuzz a target for some seconds, guided by coverage: ``python -m tests.fuzz requests 300``.

Starts with the stored cases, and stores the smallest set with the same coverage. A failing case is printed and stored;
fix the bug, and run it again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .cases import keep_cases, read_cases

WORK = Path("build/fuzz")
LONGEST = 2048
"""Maximum size of a case in bytes."""


def main(target: str, seconds: str) -> int:
    corpus, found = WORK / target / "corpus", WORK / target / "failed"
    for directory in (corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    kept = read_cases(target)
    for at, case in enumerate(kept):
        (corpus / f"kept-{at}").write_bytes(case)
    options = [f"-max_len={LONGEST}", f"-artifact_prefix={found}/", "-timeout=60", "-rss_limit_mb=4096"]
    code = _fuzz(target, f"-max_total_time={seconds}", "-print_final_stats=1", *options, corpus)
    fewest = WORK / target / "fewest"
    fewest.mkdir(exist_ok=True)
    if _fuzz(target, "-merge=1", *options, fewest, corpus) == 0 and any(fewest.iterdir()):
        kept = [path.read_bytes() for path in fewest.iterdir()]
    failed = [path.read_bytes() for path in found.iterdir()]
    keep_cases(target, [*kept, *failed])
    return code


def _fuzz(target: str, *arguments: str | Path) -> int:
    """Run the fuzzer in a process of its own, because the fuzzer exits."""
    return subprocess.run([sys.executable, "-m", "tests.fuzz.fuzzing", target, *map(str, arguments)]).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
