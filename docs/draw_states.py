"""Draw docs/states.svg, the state diagram of a build chroot, from its table (``make docs``)."""

from __future__ import annotations

import sys

from pygraphviz import AGraph

from copr_chroot_fake import State
from copr_chroot_fake.model.machine import TRANSITIONS

SUCCESSFUL = {"import", "queue", "start", "run", "succeed"}


def main() -> None:
    sys.stdout.buffer.write(diagram().draw(format="svg", prog="dot"))


def diagram() -> AGraph:
    graph = AGraph(directed=True, strict=False, bgcolor="white", ranksep="0.7", nodesep="0.5", fontname="sans-serif")
    graph.node_attr.update(shape="box", style="rounded,filled", fillcolor="#f4f6fa")
    graph.node_attr.update(fontname="sans-serif", fontsize="13")
    graph.edge_attr.update(fontname="sans-serif", fontsize="11", color="#556070", fontcolor="#303840")
    for state in State:
        graph.add_node(state.value, peripheries="2" if state.is_final else "1")
    graph.add_subgraph([state.value for state in State if state.is_final], rank="same")
    for (source, target), events in edges().items():
        # Keep the successful path straight, and let edges that lead back not affect the ranks.
        weight = "20" if set(events) & SUCCESSFUL else "1"
        constraint = str("reschedule" not in events).lower()
        graph.add_edge(source, target, label=",\\n".join(events), weight=weight, constraint=constraint)
    return graph


def edges() -> dict[tuple[str, str], list[str]]:
    """Return the names of the events from each state to each other state."""
    found: dict[tuple[str, str], list[str]] = {}
    for transition in TRANSITIONS:
        for source in transition.sources:
            found.setdefault((source.value, transition.target.value), []).append(transition.event.value)
    return found


if __name__ == "__main__":
    main()
