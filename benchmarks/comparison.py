"""Compare the served fake with the servers of other test tools: requests per second, memory and startup.

Each server runs alone, on one core, and returns a small JSON document, except that moto returns its empty list of
buckets. Servers that need Node are left out where it is missing; npm installs them at the first run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .in_process import GET
from .load import rate, reconnecting_rate
from .processes import Command, python, running, serving, startup_seconds
from .served import write_scenario
from .static_app import BODY

MIB = 1024 * 1024
ROUNDS = 5

NODE_PACKAGES = ("@stoplight/prism-cli@5", "json-server@0.17.4")


class Other(NamedTuple):
    """A server to compare.

    :param keeps_connections: whether it answers several requests on one connection.
    """

    name: str
    command: Command
    target: str
    keeps_connections: bool = True


class Compared(NamedTuple):
    """The measurements of a server.

    :param kept: requests per second over connections that are kept; ``None`` if the server closes them.
    :param reconnecting: requests per second with a connection for each.
    :param memory: in MiB, after these requests.
    :param startup: seconds until the first response.
    """

    name: str
    kept: float | None
    reconnecting: float
    memory: float
    startup: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("build/benchmarks"), help="output directory")
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    compared = []
    print(HEAD, flush=True)
    for server in _servers(into):
        compared.append(_measure(server))
        print(_row(compared[-1]), flush=True)
    (into / "comparison.md").write_text("\n".join([HEAD, *map(_row, compared)]) + "\n", encoding="utf-8")
    _plot(compared, into / "comparison.svg")


def _servers(directory: Path) -> Iterator[Other]:
    yield Other("copr-chroot-fake", serving(str(write_scenario(directory))), GET)
    yield Other("pytest-httpserver", python("benchmarks.fixed_httpserver"), GET, keeps_connections=False)
    yield Other("moto", python("benchmarks.moto_server"), "/", keeps_connections=False)
    programs = _install_node_packages(directory / "node")
    if programs is None:
        print("Node or npm is missing; prism and json-server are left out", file=sys.stderr)
        return
    document, data = directory / "openapi.json", directory / "data.json"
    document.write_text(json.dumps(_OPENAPI))
    data.write_text(json.dumps({"build-chroot": json.loads(BODY)}))
    prism = [str(programs / "prism"), "mock", str(document), "--port"]
    yield Other("prism", lambda port: [*prism, str(port)], "/api_3/build-chroot")
    json_server = [str(programs / "json-server"), "--quiet", str(data), "--port"]
    yield Other("json-server", lambda port: [*json_server, str(port)], "/build-chroot")


_OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Copr", "version": "3"},
    "paths": {
        "/api_3/build-chroot": {
            "get": {
                "responses": {
                    "200": {"description": "A chroot", "content": {"application/json": {"example": json.loads(BODY)}}}
                }
            }
        }
    },
}


def _install_node_packages(directory: Path) -> Path | None:
    """Return the directory with the programs of the packages; ``None`` if they cannot be installed."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    programs = directory / "node_modules" / ".bin"
    if not (programs / "prism").exists() or not (programs / "json-server").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(directory), *NODE_PACKAGES]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
            return None
    return programs


def _measure(other: Other) -> Compared:
    with running(other.command) as server:
        kept = _median(rate(server.port, other.target, 800)) if other.keeps_connections else None
        reconnecting = _median(reconnecting_rate(server.port, other.target, 60))
        memory = server.memory / MIB
    return Compared(other.name, kept, reconnecting, memory, _median(lambda: startup_seconds(other.command)))


def _median(measure: Callable[[], float]) -> float:
    measure()
    return statistics.median(measure() for _ in range(ROUNDS))


HEAD = (
    "| server | requests/s, connections kept | requests/s, a connection each | memory | startup |\n"
    "| --- | --- | --- | --- | --- |"
)


def _row(compared: Compared) -> str:
    kept = "closes them" if compared.kept is None else f"{compared.kept:,.0f}"
    return (
        f"| {compared.name} | {kept} | {compared.reconnecting:,.0f} | {compared.memory:.0f} MiB | "
        f"{1000 * compared.startup:.0f} ms |"
    )


def _plot(compared: Sequence[Compared], path: Path) -> None:
    """Draw the requests per second of each server."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "comparison"
    bottom_up = [*reversed(compared)]
    positions = range(len(bottom_up))
    plot, axes = plt.subplots(figsize=(9, 0.8 * len(bottom_up) + 1), layout="constrained")
    series = {
        "connections kept": [server.kept or 0 for server in bottom_up],
        "a connection each": [server.reconnecting for server in bottom_up],
    }
    for number, (label, values) in enumerate(series.items()):
        bars = axes.barh([position + 0.2 - 0.4 * number for position in positions], values, height=0.38, label=label)
        axes.bar_label(bars, [f"{value:,.0f}" if value else "" for value in values], padding=3, fontsize=8)
    axes.set_yticks(positions, [server.name for server in bottom_up])
    axes.set_xlabel("requests per second")
    axes.margins(x=0.12)
    axes.legend(loc="lower right")
    plot.savefig(path, metadata={"Date": None})
    plt.close(plot)


if __name__ == "__main__":
    main()
