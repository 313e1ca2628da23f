"""Prints docs/states.md, the state machine of a build chroot, from its table: ``make docs``."""

from __future__ import annotations

from copr_chroot_fake.model.machine import TRANSITIONS, Transition

HEAD = """\
# The states of a build chroot

This page is made from the table in `copr_chroot_fake/model/machine.py` by `make docs`; change it there.

![Which state leads to which, by which event](states.svg)

A double frame is an end. `unknown` is a state that the service can show, but no event leads to it or away from it. A
chroot begins in `importing` according to the API reference, and in `waiting` on the deployed service.

| event | from | to | stamps | only in |
| --- | --- | --- | --- | --- |"""

FOOT = """
- *stamps*: `started_on` and `ended_on` are set to the time of the event, and a new start clears an old end;
  `result_dir` is named after the build, and `result_url` appears with it.
- The chroots of a canceled build are shown as they were until the backend confirms the cancellation for each of them.
- After a chroot has ended, a report does not change its state, but a report of an end still moves `ended_on`
  (`BuildChroot.report`).
- A test that needs a state that cannot happen uses `BuildChroot.force_state`."""


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
