"""``CoprFakeControl``, which controls a served fake over HTTP: from another process, container or machine."""

# The OpenAPI document describes the responses, and the tests compare them with it.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ..errors import CoprFakeError
from ..excerpt import public_dir
from ..model.fault import Fault
from ..validation import checks
from ..validation.spec import dump

if TYPE_CHECKING:
    from ..messages.message import Topic
    from ..model.fault import FaultLike
    from ..model.states import StateName
    from ..wire.endpoint_name import EndpointName
    from . import views

_PAGE = 1000
"""Items per page of a list, the maximum of the control API."""

_DATA = "data: "
"""The beginning of the line of an event that has its content."""

_MAX_SILENCE = 30
"""Seconds without a byte after which an event stream is broken; the server sends a comment every 10 seconds."""


class ControlError(CoprFakeError):
    """A control call that the server rejected, or that did not reach it.

    :param status: the status of the response; ``None`` if there was none.
    :param where: the location of the first error in the body or the query, if one of them is invalid.
    """

    def __init__(self, message: str, status: int | None, where: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.where = where


class CoprFakeControl:
    """Controls the fake at a URL, such as ``http://copr-fake:5000``, or one of its worlds.

    Names and values are those of the control API, and of :class:`FakeCopr`. A call waits at most ``timeout`` seconds.

    :param token: the control token, if the server has one.
    :raises ControlError: from each call, if the server rejects it or cannot be reached.
    :raises InputError: for an invalid URL, token or timeout.
    """

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 10) -> None:
        self.url = checks.address("url", url, "/_fake")
        headers = {} if token is None else {"Authorization": f"Bearer {checks.secret('token', token)}"}
        seconds = checks.amount("timeout", timeout)
        # Without TLS, there is nothing to verify, and loading the certificates takes longer than a call.
        has_tls = self.url.startswith("https:")
        self._client = httpx.Client(headers=headers, timeout=seconds, trust_env=False, verify=has_tls)

    __dir__ = public_dir

    def __repr__(self) -> str:
        return f"<CoprFakeControl of {self.url}>"

    def __enter__(self) -> CoprFakeControl:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, which the controls of worlds share."""
        self._client.close()

    # The server and its worlds.

    def health(self) -> views.HealthView:
        """Check that the server responds, and get its version."""
        return self._get("/health")

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Wait until the server responds, for example while its container starts, or while a fault closes its port.

        :raises ControlError: if it does not respond within this time.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.health()
                return
            except ControlError as error:
                if error.status is not None or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def world(self, name: str) -> CoprFakeControl:
        """Return the control of a named world, which its first use creates unless worlds are fixed."""
        control = copy(self)
        control.url = f"{self.url}/worlds/{_segment(name)}"
        return control

    def create_world(self, name: str, **options: object) -> CoprFakeControl:
        """Create a world, in place of any existing one of that name, and return its control.

        :param options: its initial state, such as ``scenario``, ``progress``, ``seed`` or ``speed``.
        """
        self._call("PUT", f"/worlds/{_segment(name)}", options)
        return self.world(name)

    def worlds(self) -> list[views.WorldView]:
        """List the named worlds."""
        return self._list("/worlds", "worlds")

    def delete_world(self, name: str) -> None:
        """Delete a world."""
        self._call("DELETE", f"/worlds/{_segment(name)}")

    def save(self) -> str:
        """Save the state of all worlds to the state file of the server, and return its path."""
        return self._call("POST", "/save")["file"]

    def reset(self) -> None:
        """Restore the initial state."""
        self._call("POST", "/reset")

    def events(self) -> Generator[views.WorldView, None, None]:
        """Yield the state of the world at once and after each change, at most 4 times per second, until it is deleted.

        A loop over it waits for a state without polling.
        """
        url = f"{self.url}/_fake/events"
        timeout = httpx.Timeout(self._client.timeout.connect, read=_MAX_SILENCE)
        try:
            with self._client.stream("GET", url, timeout=timeout) as response:
                if response.is_error:
                    response.read()
                    raise _error_of(f"GET {url}", response)
                for line in response.iter_lines():
                    if line.startswith(_DATA):
                        yield json.loads(line.removeprefix(_DATA))
        except httpx.TransportError as error:
            raise _unreachable(f"GET {url}", error) from error

    # The scenario.

    def scenario(self) -> dict[str, Any]:
        """Get the current content as a scenario."""
        return self._get("/scenario")

    def replace_scenario(self, scenario: Mapping[str, object] | str) -> None:
        """Replace everything with a scenario, or with the bundled one of a name."""
        self._call("PUT", "/scenario", scenario)

    def add_scenario(self, scenario: Mapping[str, object] | str) -> None:
        """Add the content of a scenario, or of the bundled one of a name."""
        self._call("POST", "/scenario", scenario)

    def clear(self) -> None:
        """Delete all builds, projects, submission rules and faults; keep the clock and the request journal."""
        self._call("DELETE", "/scenario")

    def seed(self) -> int:
        """Get the random seed."""
        return self._get("/seed")["seed"]

    def reseed(self, seed: int) -> None:
        """Set the random seed."""
        self._call("POST", "/seed", {"seed": seed})

    def snapshots(self) -> list[int]:
        """List the ids of the snapshots."""
        return [view["id"] for view in self._list("/snapshots", "snapshots")]

    def snapshot(self) -> int:
        """Take a snapshot, and return its id."""
        return self._call("POST", "/snapshots")["id"]

    def restore(self, snapshot: int) -> None:
        """Restore a snapshot."""
        self._call("POST", f"/snapshots/{snapshot}/restore")

    def delete_snapshot(self, snapshot: int) -> None:
        """Delete a snapshot."""
        self._call("DELETE", f"/snapshots/{snapshot}")

    # Projects, accounts and builds.

    def projects(self) -> list[dict[str, Any]]:
        """List the projects, as in a scenario."""
        return self._list("/projects", "projects")

    def packages(self) -> list[views.PackageView]:
        """List the packages of all projects, as in a scenario, each with the name of its project."""
        return self._list("/packages", "packages")

    def add_project(self, **fields: object) -> None:
        """Add a project, with the fields of one in a scenario."""
        self._call("POST", "/projects", fields)

    def add_mock_chroots(self, *names: str) -> None:
        """Add chroots to Copr's list without adding them to a project or a build."""
        self._call("POST", "/mock-chroots", {"names": names})

    def accounts(self) -> list[views.AccountView]:
        """List the accounts."""
        return self._list("/accounts", "accounts")

    def add_account(self, name: str, login: str, token: str, **fields: object) -> views.AccountView:
        """Add an account; logins without an account are rejected from then on."""
        return self._call("POST", "/accounts", {"name": name, "login": login, "token": token, **fields})

    def groups(self) -> list[views.GroupView]:
        """List the groups."""
        return self._list("/groups", "groups")

    def add_group(self, name: str, fas_name: str | None = None) -> views.GroupView:
        """Add a group of users."""
        return self._call("POST", "/groups", {"name": name, "fas_name": fas_name})

    def builds(self) -> list[views.BuildView]:
        """List the builds, in the order in which they were added, each with its first 100 chroots."""
        return self._list("/builds", "builds")

    def build(self, build_id: int) -> views.BuildView:
        """Get a build with all of its chroots."""
        build: views.BuildView = self._get(f"/builds/{build_id}", limit=_PAGE)
        while len(build["chroots"]) < build["total_chroots"]:
            page = self._get(f"/builds/{build_id}", limit=_PAGE, offset=len(build["chroots"]))["chroots"]
            if not page:
                break
            build["chroots"] += page
        return build

    def add_build(self, chroots: Sequence[object], **fields: object) -> views.BuildView:
        """Add a build; omitted fields get plausible defaults, and the ``id`` is the next one by default.

        :param chroots: names of chroots, or objects as in a scenario.
        :param fields: other fields of a build in a scenario, such as ``id``, ``package`` or ``lifecycle``.
        """
        entries = [{"name": chroot} if isinstance(chroot, str) else chroot for chroot in chroots]
        return self._call("POST", "/builds", {"chroots": entries, **fields})

    def populate(self, **fields: object) -> list[views.BuildView]:
        """Add generated builds: ``builds`` and ``chroots`` are their numbers, ``seed`` the random seed."""
        return self._call("POST", "/populate", fields)["builds"]

    def delete_build(self, build_id: int) -> None:
        """Delete a build."""
        self._call("DELETE", f"/builds/{build_id}")

    def cancel_build(self, build_id: int) -> views.BuildView:
        """Cancel a build, as a user does."""
        return self._call("POST", f"/builds/{build_id}/cancel")

    def advance_build(self, build_id: int, to: str | None = None) -> views.BuildView:
        """Advance each chroot of a build that can advance: by one stage, or to the ``end`` of its lifecycle."""
        return self._call("POST", f"/builds/{build_id}/advance", {"to": to})

    def report_source(self, build_id: int, state: StateName, **fields: object) -> views.BuildReportView:
        """Report a state of a source build as Copr's backend does; ``accepted`` is whether Copr accepts the report."""
        return self._call("POST", f"/builds/{build_id}/report-source", {"state": state, **fields})

    def report_import(self, build_id: int, failed_for: Sequence[str] = ()) -> views.BuildReportView:
        """Report that the source package is in dist-git; ``accepted`` is whether Copr accepts the report."""
        return self._call("POST", f"/builds/{build_id}/report-import", {"failed_for": failed_for})

    # Build chroots.

    def chroot(self, build_id: int, chrootname: str) -> views.ChrootView:
        """Get a build chroot."""
        return self._get(_chroot_path(build_id, chrootname))

    def add_chroot(self, build_id: int, name: str, **fields: object) -> views.ChrootView:
        """Add a chroot to a build, with the fields of one in a scenario; omitted ones get plausible defaults."""
        return self._call("POST", f"/builds/{build_id}/chroots", {"name": name, **fields})

    def report(self, build_id: int, chrootname: str, state: StateName, **fields: object) -> views.ReportView:
        """Report a state of a build chroot as Copr's backend does; ``accepted`` is whether Copr accepts the report."""
        return self._call("POST", f"{_chroot_path(build_id, chrootname)}/report", {"state": state, **fields})

    def advance(self, build_id: int, chrootname: str, to: str | None = None) -> views.ChrootView:
        """Advance a build chroot to its next stage, on to a state, or to the ``end`` of its lifecycle."""
        return self._call("POST", f"{_chroot_path(build_id, chrootname)}/advance", {"to": to})

    def hold(self, build_id: int, chrootname: str, state: StateName | None = None) -> views.ChrootView:
        """Hold a build chroot when it reaches a state; by default in its current one."""
        return self._call("POST", f"{_chroot_path(build_id, chrootname)}/hold", {"state": state})

    def release(self, build_id: int, chrootname: str) -> views.ChrootView:
        """Release a held build chroot."""
        return self._call("POST", f"{_chroot_path(build_id, chrootname)}/release")

    def set_state(self, build_id: int, chrootname: str, state: StateName, **times: int | None) -> views.ChrootView:
        """Set the state of a build chroot, possible or not; null removes a time, an omitted time stays."""
        return self._call("POST", f"{_chroot_path(build_id, chrootname)}/state", {"state": state, **times})

    def add_result(self, build_id: int, chrootname: str, name: str, content: str | bytes) -> None:
        """Add a file to the results of a build chroot, or replace the one that the fake generates."""
        self._call("POST", f"{_chroot_path(build_id, chrootname)}/results", _file(name, content))

    def add_source_result(self, build_id: int, name: str, content: str | bytes) -> None:
        """Add a file to the results of a source build, or replace the one that the fake generates."""
        self._call("POST", f"/builds/{build_id}/source-results", _file(name, content))

    # The clock.

    def clock(self) -> views.ClockView:
        """Get the clock's time and speed."""
        return self._get("/clock")

    def tick(self, seconds: float) -> views.ClockView:
        """Advance the clock by some seconds."""
        return self._call("PATCH", "/clock", {"tick": seconds})

    def move_to(self, now: float) -> views.ClockView:
        """Move the clock to a Unix time."""
        return self._call("PATCH", "/clock", {"now": now})

    def pause(self) -> views.ClockView:
        """Pause the clock."""
        return self._call("PATCH", "/clock", {"paused": True})

    def resume(self) -> views.ClockView:
        """Let the clock run again."""
        return self._call("PATCH", "/clock", {"paused": False})

    def set_speed(self, speed: float) -> views.ClockView:
        """Set the seconds on the fake's clock for each real second."""
        return self._call("PATCH", "/clock", {"speed": speed})

    def changes(self, build_id: int | None = None, chrootname: str | None = None) -> list[views.ChangeView]:
        """List the changes of state, in chronological order."""
        return self._latest("/changes", "changes", build_id=build_id, chrootname=chrootname)

    # Submitted builds.

    def next_build_id(self) -> int:
        """Get the id of the next build."""
        return self._get("/next-build-id")["next_build_id"]

    def set_next_build_id(self, build_id: int) -> None:
        """Set the id of the next build; it must be above all earlier ones."""
        self._call("POST", "/next-build-id", {"next_build_id": build_id})

    def on_submit(self, **fields: object) -> views.SubmissionRuleView:
        """Add a rule for submitted builds, after the others, with the fields of one in a scenario."""
        return self._call("POST", "/submission-rules", fields)

    def submission_rules(self) -> list[views.SubmissionRuleView]:
        """List the rules for submitted builds, in the order in which they apply."""
        return self._list("/submission-rules", "rules")

    def remove_submission_rule(self, rule_id: int) -> None:
        """Remove a rule for submitted builds."""
        self._call("DELETE", f"/submission-rules/{rule_id}")

    def clear_submission_rules(self) -> None:
        """Remove all rules for submitted builds."""
        self._call("DELETE", "/submission-rules")

    # Faults.

    def faults(self) -> list[views.FaultView]:
        """List the faults."""
        return self._list("/faults", "faults")

    def add_fault(self, fault: FaultLike) -> views.FaultView:
        """Add a fault, given as a :class:`Fault`, as an object with its fields, or by name.

        While one with ``breaks="refused"`` closes the port, control calls are refused, too: see
        :meth:`wait_until_ready`.
        """
        return self._call("POST", "/faults", dump(fault) if checks.is_kind(fault, Fault) else fault)

    def remove_fault(self, fault_id: int) -> None:
        """Remove a fault."""
        self._call("DELETE", f"/faults/{fault_id}")

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/faults")

    # Messages.

    def messages(
        self,
        topic: Topic | None = None,
        build_id: int | None = None,
        chrootname: str | None = None,
        after: int = 0,
    ) -> list[views.MessageView]:
        """List the messages after the one of a number, in the order in which they arose."""
        return self._latest("/messages", "messages", topic=topic, build_id=build_id, chrootname=chrootname, after=after)

    # Recorded requests.

    def requests(
        self,
        endpoint: EndpointName | None = None,
        build_id: int | None = None,
        chrootname: str | None = None,
        after: int = 0,
        *,
        status: int | None = None,
        fault: int | None = None,
    ) -> list[views.RequestView]:
        """List the requests with a number above ``after``, in the order of their responses.

        :param status: only those with this status, which is 0 if there was no response.
        :param fault: only those that the fault with this id has hit.
        """
        query = {"endpoint": endpoint, "build_id": build_id, "chrootname": chrootname, "status": status, "fault": fault}
        return self._latest("/requests", "requests", after=after, **query)

    def count_requests(
        self,
        endpoint: EndpointName | None = None,
        build_id: int | None = None,
        chrootname: str | None = None,
        *,
        status: int | None = None,
        fault: int | None = None,
    ) -> int:
        """Count requests, with the filters of :meth:`requests`."""
        query = {"endpoint": endpoint, "build_id": build_id, "chrootname": chrootname, "status": status, "fault": fault}
        return self._get("/requests/count", **query)["count"]

    def clear_requests(self) -> None:
        """Delete all recorded requests."""
        self._call("DELETE", "/requests")

    def unmatched(self) -> list[views.UnmatchedView]:
        """List up to 100 unmatched requests by method and target, each with its near miss."""
        return self._get("/unmatched", limit=100)["unmatched"]

    def verify(self, assertion: str, **fields: object) -> None:
        """Check an assertion about recorded requests, such as ``"requested"`` with an ``endpoint``.

        :raises AssertionError: if it does not hold; the message lists the requests.
        """
        __tracebackhide__ = True
        verdict: views.VerdictView = self._call("POST", "/verify", {"assertion": assertion, **fields})
        if not verdict["passed"]:
            raise AssertionError(verdict["message"])

    # Calls.

    def _list(self, path: str, key: str) -> list[Any]:
        """Return all items of a list, page by page."""
        items: list[Any] = []
        while True:
            page = self._get(path, limit=_PAGE, offset=len(items))
            items += page[key]
            if len(items) >= page["total"] or not page[key]:
                return items

    def _latest(self, path: str, key: str, **query: object) -> list[Any]:
        """Return all items of a list whose first page has the latest ones."""
        first = self._get(path, **query, limit=_PAGE)
        items: list[Any] = first[key]
        while len(items) < first["total"]:
            page = self._get(path, **query, limit=_PAGE, offset=len(items))
            # Items that were added since the first page shift the others.
            added = page["total"] - first["total"]
            earlier = page[key][: len(page[key]) - added]
            if not earlier:
                break
            items = earlier + items
        return items

    def _get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def _call(self, method: str, path: str, body: object = None, params: Mapping[str, Any] | None = None) -> Any:
        url = f"{self.url}/_fake{path}"
        try:
            response = self._client.request(method, url, json=body, params=params)
        except httpx.TransportError as error:
            raise _unreachable(f"{method} {url}", error) from error
        if response.is_error:
            raise _error_of(f"{method} {url}", response)
        return response.json() if response.content else None


def _unreachable(call: str, error: httpx.TransportError) -> ControlError:
    return ControlError(f"{call}: {error}", None, None)


def _error_of(call: str, response: httpx.Response) -> ControlError:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        problem = "the response is not that of a control API; expected the URL of copr-chroot-fake serve"
        return ControlError(f"{call}: status {response.status_code}: {problem}", response.status_code, None)
    return ControlError(
        f"{call}: {document.get('error', 'no error message')}", response.status_code, document.get("where")
    )


def _segment(text: str) -> str:
    return quote(text, safe="")


def _chroot_path(build_id: int, chrootname: str) -> str:
    return f"/builds/{build_id}/chroots/{_segment(chrootname)}"


def _file(name: str, content: str | bytes) -> dict[str, object]:
    return {"name": name, "content": {"base64": b64encode(content).decode()} if isinstance(content, bytes) else content}
