"""Generate docs/states.md, the state machine of a build chroot, from its table (``make docs``)."""

from __future__ import annotations

from copr_chroot_fake.model.machine import TRANSITIONS, Transition

HEAD = """\
# The states of a build chroot

This page is generated from the table in `copr_chroot_fake/model/machine.py` by `make docs`; change it there.

![State diagram of a build chroot, with events](states.svg)

Final states have a double frame. `unknown` is a state that Copr can return, but no event leads to it or from it.
According to the API reference, a chroot begins in `importing`; on the deployed service, in `waiting`.

| event | from | to | sets | only in |
| --- | --- | --- | --- | --- |"""

FOOT = """
- *sets*: `started_on` and `ended_on` are set to the time of the event, and a new start clears an old end.
  `result_dir` is named after the build; with it, the chroot also has a `result_url`.
- A chroot that ends without being built (fail from waiting, skip, fork) has the start of the source build, or if that
  is unknown, the time of the submission. A chroot that was forked with `project/fork` has the times of the original.
- The fail from importing is a failed import. Copr sets no times, so the chroot has no end, and neither has its build.
- The chroots of a canceled build keep their states until the backend confirms the cancellation of each of them.
- `BuildChroot.report` is a report of Copr's backend. Copr stores starting, running, succeeded and failed in any order,
  also where the table has no event. Once a chroot has succeeded, failed or been canceled, a report no longer changes
  its state, but the report of a final state still updates `ended_on`.
- To set a state that the events do not allow, use `BuildChroot.set_state`."""


def main() -> None:
    print(HEAD)
    for transition in TRANSITIONS:
        print(row(transition))
    print(FOOT)


def row(transition: Transition) -> str:
    builds = {None: "any build", True: "a canceled build", False: "a build not canceled"}[transition.canceled]
    stamps = ", ".join(f"`{stamp.value}`" for stamp in transition.stamps) or "nothing"
    sources = ", ".join(transition.sources)
    return f"| {transition.event} | {sources} | {transition.target} | {stamps} | {builds} |"


if __name__ == "__main__":
    main()
