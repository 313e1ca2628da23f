"""Imports copr-cli and copr-builder, and runs them in a forked child for each line of standard input.

Each line is JSON: program, arguments, directory, environment, and the files for standard input, output and error. The
reply is a line with the exit status.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import copr.v3.helpers
import copr_builder.copr_builder
import copr_cli.main


def run(
    program: str,
    arguments: list[str],
    directory: str,
    environment: dict[str, str],
    stdin: str,
    output: str,
    errors: str,
) -> NoReturn:
    """Replace this process with the program, as its script starts it."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    for number, file in ((1, output), (2, errors)):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    runpy.run_path(str(Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "sitecustomize.py"))
    sys.argv = [str(Path(sys.executable).with_name(program)), *arguments]
    # Values that the programs computed from arguments and environment when they were imported.
    copr_cli.main.main.__defaults__ = (arguments,)
    configuration = str(Path.home() / ".config" / "copr")
    for module in (copr.v3, copr.v3.helpers, copr_cli.main):
        module.DEFAULT_CONFIG_PATH = configuration
    copr_builder.copr_builder.COPR_CONFIG = configuration
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        end(ended.code)
    except BaseException:
        traceback.print_exc()
        end(1)
    end(0)


def end(code: str | int | None) -> NoReturn:
    """Exit as ``sys.exit`` does, but without removing every object first, which takes longer than most commands."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if isinstance(code, str) else code or 0)


for line in sys.stdin:
    child = os.fork()
    if not child:
        run(*json.loads(line))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
