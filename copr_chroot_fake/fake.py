"""FakeCopr: the fake that tests and the server use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from importlib import import_module
from types import EllipsisType
from typing import TYPE_CHECKING, Literal, cast, get_args, overload

from .engine import create
from .engine.actors import Actor, When
from .engine.build import Build
from .engine.clock import SystemClock, VirtualClock
from .engine.collection import Collection
from .engine.faults import Faults, Subject
from .engine.project import Project
from .engine.store import Store
from .engine.submission_rules import SubmissionRule, SubmissionRules
from .errors import InputError, PollLoopError, needing
from .excerpt import public_dir
from .model import defaults
from .model.account import Account, Group
from .model.lifecycle import LifecycleLike
from .model.nevra import Nevra
from .model.progress import ProgressLike
from .model.project import COPR_URL, PermissionName, PermissionState
from .model.source import SourceType
from .model.states import State, StateName
from .options import NAMES, FakeOptions, options_after_source, options_as_keywords
from .scenario.files import ScenarioSource
from .scenario.spec import (
    DEFAULT_OWNER,
    DEFAULT_PROJECT,
    BuildSpec,
    GroupSpec,
    ProjectSpec,
    SubmissionRuleSpec,
    split_full_name,
)
from .service import Service
from .validation import checks
from .validation.spec import parse
from .version import COPR_VERSION
from .wire.answer import Answer
from .wire.endpoint_name import EndpointName
from .wire.headers import Headers, encode_headers

if TYPE_CHECKING:
    # Imported where they are used, so that a server starts sooner.
    import responses
    import respx

    from .adapters.asgi import AsgiApp
    from .adapters.httpx import HttpxTransport
    from .engine.chroot import Change
    from .engine.snapshot import Snapshot
    from .journal.journal import UnmatchedRequests
    from .journal.request import Request
    from .messages.message import Message
    from .messages.subscribers import Subscription
    from .scenario.spec import ChrootsLike, Scenario
    from .server.addresses import CoprProxy, TlsServer


class FakeCopr:
    """A Copr service in memory: its API with builds, projects, packages and users, and its webhooks.

    The keyword arguments are the fields of :class:`FakeOptions`.

    :raises InputError: for an option with an invalid value.
    :raises TypeError: for an unknown option.
    """

    @options_as_keywords(FakeOptions)
    def __init__(self, options: FakeOptions) -> None:
        self.service = Service(options)
        """What servers and the control API use."""

    @property
    def _store(self) -> Store:
        return self.service.store

    @classmethod
    def from_options(cls, options: FakeOptions) -> FakeCopr:
        """Return a fake with these options."""
        if not checks.is_kind(options, FakeOptions):
            raise InputError("options", f"expected FakeOptions, got {checks.excerpt(options)}")
        return cls(**{name: getattr(options, name) for name in NAMES})

    @classmethod
    @options_after_source(FakeOptions)
    def from_scenario(cls, source: ScenarioSource, /, options: FakeOptions) -> FakeCopr:
        """Create a fake from a scenario: a JSON or YAML file, the name of a bundled scenario, or a document.

        :raises ScenarioError: naming the file, the location in it and what was expected there.
        """
        fake = cls.from_options(options)
        fake.add_scenario(source)
        fake.service.scenario = source
        return fake

    @property
    def copr_version(self) -> str:
        """The date of the source of Copr's frontend that the fake imitates."""
        return COPR_VERSION

    __dir__ = public_dir

    def __repr__(self) -> str:
        builds, projects = len(self._store.builds), len(self._store.projects)
        return f"<FakeCopr: {checks.counted(builds, 'build')}, {checks.counted(projects, 'project')}>"

    # Content.

    def add_scenario(self, source: ScenarioSource) -> None:
        """Add everything in a scenario, or nothing if it has an error.

        :raises ScenarioError: naming the file, the location in it and what was expected there.
        """
        self.service.add_scenario(source)

    def to_scenario(self) -> Scenario:
        """Return a scenario that recreates the fake: the same responses, and lifecycles in their current stage.

        Submission rules with a function (``when``) are omitted.
        """
        from .engine.dump import write_scenario

        return write_scenario(self._store)

    def add_project(
        self,
        project: str,
        *,
        chroots: Iterable[str] | Mapping[str, Mapping[str, object]] = (),
        description: str | None = None,
        instructions: str | None = None,
        homepage: str | None = None,
        contact: str | None = None,
        additional_repos: Iterable[str] = (),
        runtime_dependencies: Iterable[str] = (),
        packit_forge_projects_allowed: Iterable[str] = (),
        persistent: bool = False,
        unlisted_on_hp: bool = False,
        auto_prune: bool = True,
        enable_net: bool = True,
        devel_mode: bool = False,
        multilib: bool = False,
        module_hotfixes: bool = False,
        fedora_review: bool = False,
        appstream: bool = True,
        follow_fedora_branching: bool = True,
        bootstrap: str | None = None,
        isolation: str | None = "default",
        storage: str | None = "backend",
        repo_priority: int | None = None,
        delete_after_days: int | None = None,
        permissions: Mapping[str, Mapping[PermissionName, PermissionState]] | None = None,
    ) -> Project:
        """Add a project.

        :param project: ``owner/project``.
        :param chroots: names of the enabled chroots, or a mapping of names to settings.
        :param delete_after_days: days until a temporary project is deleted.
        :param permissions: what users other than the owner may do: ``{"bob": {"builder": "approved"}}``.
        :raises InputError: naming the invalid value; nothing is added then.
        """
        entry = _given(locals())
        entry["ownername"], entry["projectname"] = split_full_name("project", entry.pop("project"))
        return create.add_project(parse(ProjectSpec, "", entry), self._store)

    def add_build(
        self,
        chroots: ChrootsLike,
        *,
        id: int | None = None,
        project: Project | str = f"{DEFAULT_OWNER}/{DEFAULT_PROJECT}",
        package: str | None = defaults.PACKAGE,
        version: str | None = None,
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
        memory_limit: int = defaults.MEMORY_LIMIT,
        timeout: int = defaults.TIMEOUT,
        enable_net: bool = False,
        is_background: bool = False,
        bootstrap: str | None = None,
        isolation: str | None = None,
        submitted_on: int | None = None,
        submitter: str | EllipsisType | None = ...,
    ) -> Build:
        """Add a build; omitted values get plausible defaults.

        Each chroot starts in the first stage of its lifecycle. A chroot with a state stays in it; with a lifecycle too,
        it continues from that state.

        :param chroots: names of the chroots, or a mapping of names to a state, in which each stays, or to settings.
        :param id: by default the next one.
        :param project: ``owner/project``, or ``owner/project:pr:1`` for another directory of it. A missing project is
            added; chroots that it lacks are enabled in it.
        :param package: name of the package; ``None`` if the source build has not determined it yet.
        :param version: the version and release of the source package, such as ``1:2.0-3``.
        :param submitted_on: the Unix time of its submission; by default one that fits its chroots.
        :param submitter: the user who submitted it; by default the owner of the project, ``None`` for a webhook.
        :param state: state of all chroots that have no state or lifecycle of their own. If all have ended and one was
            canceled, the build counts as canceled by a user.
        :param lifecycle: lifecycle, or its name, of all chroots that have no state or lifecycle of their own;
            "succeeds" by default.
        :param progress: what advances the chroots; by default the fake's own setting.
        :param memory_limit: in MB.
        :param timeout: in seconds.
        :raises InputError: naming the invalid value; nothing is added then.
        """
        entry = _given(locals())
        entry["source_package"] = {"version": entry.pop("version")}
        entry["project"] = self._own_name(project)
        if submitter is ...:
            del entry["submitter"]
        return create.add_build(parse(BuildSpec, "", entry), self._store)

    def on_submit(
        self,
        *,
        project: str | None = None,
        package: str | None = None,
        chroot: str | None = None,
        source_type: SourceType | None = None,
        committish: str | None = None,
        url: str | None = None,
        submitter: str | None = None,
        nth: int | None = None,
        when: Callable[[Build], bool] | None = None,
        lifecycle: LifecycleLike | None = None,
        packages: Iterable[str | Nevra | Mapping[str, object]] | None = None,
        results: Mapping[str, str | bytes] | None = None,
        name: str | None = None,
        version: str | None = None,
        changelog: str | None = None,
        progress: ProgressLike | None = None,
    ) -> SubmissionRule:
        """Decide what happens to builds that are submitted from now on; of several rules, the first that matches wins.

        The first nine parameters select builds; by default all. At least one of the others defines the outcome.

        :param project: ``owner/project``, ``owner/project:pr:1`` for another directory of it, or a pattern such as
            ``owner/*``.
        :param package: name of the package, or a pattern. It is the one in an uploaded file, with the extra ``rpm``, or
            in the URL or the name of the file.
        :param chroot: the name of a chroot or a pattern such as ``epel-*``. The other chroots, and the source build,
            are left to later rules.
        :param source_type: such as ``scm`` or ``upload``.
        :param committish: the branch, tag or commit, or a pattern such as ``v1.*``.
        :param url: the URL of the repository or of the source package, or the name of an uploaded file, or a pattern
            such as ``*/nano.git``.
        :param submitter: the name of the user, or a pattern.
        :param nth: select only the nth of the matching builds, counted from 1.
        :param when: a function that gets the build before it is added, and returns whether the rule matches.
        :param lifecycle: the lifecycle of the chroots, or its name; "succeeds" by default. With "source-fails",
            "import-fails", "skipped" or "forked", they are not built.
        :param packages: the packages that the chroots build.
        :param results: the contents of files in the result directories of the chroots, by name, such as
            ``fedora-review/review.json``.
        :param name: the name of the package that the source build makes, unless the build has one already.
        :param version: the version and release of the source package, such as ``1:2.0-3``.
        :param changelog: the changelog of the packages, as in a spec.
        :param progress: what advances the builds; the fake's own by default.
        :raises InputError: naming the invalid value; no rule is added then.
        """
        entry = _given(locals())
        del entry["when"]
        if when is not None and not callable(when):
            raise InputError("when", f"expected a function that gets a build, got {checks.excerpt(when)}")
        return self._store.submission_rules.add(parse(SubmissionRuleSpec, "", entry), when)

    def add_mock_chroots(self, *names: str) -> None:
        """Add chroots to Copr's list without adding them to a project or a build.

        :raises InputError: for an invalid chroot name; none is added then.
        """
        checked = checks.each("names", names, checks.chroot_name)
        with self._store.lock:
            self._store.know(checked)

    def add_account(
        self,
        name: str,
        login: str,
        token: str,
        groups: Iterable[str] = (),
        *,
        admin: bool = False,
        expired: bool = False,
    ) -> Account:
        """Add a user who can log in. If there are no accounts, any login is accepted, with full permissions.

        :param groups: the user's groups, each with its ``@``; the user may change their projects and build in them.
        :param admin: whether the user is an administrator, who may do everything.
        :param expired: whether the token is no longer valid.
        :raises InputError: for an invalid value, or a login that exists already.
        """
        account = Account(name, login, token, checks.each("groups", groups, checks.group), admin, expired)
        return create.add_account(account, self._store)

    def add_group(self, name: str, fas_name: str | None = None) -> Group:
        """Add a group of users, which can own projects.

        :param name: its name with an ``@``.
        :param fas_name: its name in the account system; by default the same without the ``@``.
        :raises InputError: for an invalid value, or a group that exists already.
        """
        return create.add_group(parse(GroupSpec, "", {"name": name, "fas_name": fas_name}).group, self._store)

    @property
    def accounts(self) -> list[Account]:
        """The users who can log in; if there are none, anybody can."""
        return list(self._store.accounts.values())

    @property
    def groups(self) -> list[Group]:
        """The groups of users."""
        return list(self._store.groups.values())

    def populate(self, builds: int = 10, chroots: int = 5, seed: int | None = None) -> list[Build]:
        """Add generated builds, which fit the current time of the clock, and return them.

        They get ids above all others, and do not change afterwards.

        :param chroots: average number of chroots of a build.
        :param seed: the random seed; the fake's own by default.
        :raises InputError: for an invalid number; nothing is added then.
        :raises MissingExtraError: if Faker is not installed.
        """
        with needing("FakeCopr.populate", "Faker", "faker"):
            import_module("faker")
        from .generate.provider import populate

        return populate(self._store, builds, chroots, seed)

    @property
    def builds(self) -> Mapping[int, Build]:
        """The builds by id, read-only; iteration is over a copy."""
        return self._store.current_builds

    @property
    def projects(self) -> Mapping[str, Project]:
        """The projects by full name, ``owner/project``, read-only, like ``builds``."""
        return Collection("project", self._store.projects)

    @property
    def default_limit(self) -> int | None:
        """Default ``limit`` of list requests; ``None`` for no limit."""
        return self.service.api.default_limit

    @property
    def clock(self) -> VirtualClock | SystemClock:
        """The clock, which tests can move.

        :raises CoprFakeError: if the fake has a custom clock.
        """
        return self.service.clock

    @property
    def seed(self) -> int:
        """The random seed."""
        return self._store.seed

    @property
    def faults(self) -> Faults:
        """The active faults; it has the methods to add and remove them."""
        return self._store.faults

    @property
    def submission_rules(self) -> SubmissionRules:
        """The rules for submitted builds; :meth:`on_submit` adds one."""
        return self._store.submission_rules

    @property
    def next_build_id(self) -> int:
        """The id of the next build; it can be set to a higher one.

        :raises InputError: if the id is not above all earlier ones.
        """
        return self._store.next_build_id()

    @next_build_id.setter
    def next_build_id(self, build_id: int) -> None:
        self._store.continue_ids(checks.positive("next_build_id", build_id))

    def reseed(self, seed: int) -> None:
        """Use another random seed from now on.

        :raises InputError: if the seed is not a whole number.
        """
        self._store.reseed(checks.whole_number("seed", seed))

    @property
    def changes(self) -> list[Change]:
        """The latest 10,000 changes of state, in the order in which they happened."""
        return self._store.sorted_changes()

    def clear(self) -> None:
        """Delete all builds, projects, chroots, submission rules and faults.

        Keep the accounts, the clock and the recorded requests.
        """
        self._store.clear()

    def reset(self) -> None:
        """Restore the initial state: empty, or the scenario that the fake was created from, which is loaded again.

        The clock, unless it is the system's, the seed, the accounts and the recorded requests are reset, too.

        :raises ScenarioError: if the scenario has an error by now; nothing changes then.
        """
        self.service.reset()

    def snapshot(self) -> Snapshot:
        """Return the current state, for :meth:`restore`. As a context manager, the snapshot is restored on exit."""
        from .engine.snapshot import take

        return take(self._store)

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot of this fake; the build and chroot objects stay the same.

        :raises InputError: for a snapshot of another fake.
        """
        from .engine.snapshot import Snapshot, restore

        if not checks.is_kind(snapshot, Snapshot) or snapshot.store is not self._store:
            raise InputError("snapshot", "the snapshot is of another fake; expected one of this fake")
        restore(snapshot)

    # Adapters.

    def answer(self, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> Answer:
        """Return Copr's response to a request.

        :param target: path and query as a client sends them, beginning with ``/api_3``, ``/webhooks``, ``/backend`` or
            ``/results``.
        :param body: parsed according to the header ``Content-Type``.
        :param headers: pairs of name and value. Copr reads ``Authorization`` and ``X-Fields``; for results, also
            conditions and ranges.
        :raises PollLoopError: if the resource was polled too often at the same time.
        """
        answer = self.service.api.answer(
            checks.any_text("method", method),
            checks.any_text("target", target),
            encode_headers(headers),
            b"" if body is None else checks.content("body", body),
        )
        if answer.delivery is not None and answer.delivery.poll_loop:
            raise PollLoopError(answer.delivery.poll_loop)
        return answer

    @property
    def results_url(self) -> str:
        """The URL below which every ``result_url`` is."""
        return self._store.results_root

    @cached_property
    def transport(self) -> HttpxTransport:
        """A transport for any ``httpx.Client`` or ``httpx.AsyncClient``; it answers requests to any host."""
        from .adapters.httpx import HttpxTransport

        return HttpxTransport(self.service.api)

    @cached_property
    def asgi(self) -> AsgiApp:
        """The fake as an ASGI application."""
        from .adapters.asgi import AsgiApp

        return AsgiApp(self.service.api.answer)

    @contextmanager
    def mock_httpx(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer all requests of httpx to the server at ``url`` and to the one with the results.

        Yields a respx router. Routes that you add to it take precedence.

        :raises MissingExtraError: if respx is not installed.
        """
        with needing("FakeCopr.mock_httpx", "respx", "pytest"):
            from .adapters.respx import mock_httpx
        with mock_httpx(self.service.api, *self._urls(url)) as router:
            yield router

    @contextmanager
    def mock_httpx2(self, url: str = COPR_URL) -> Iterator[respx.MockRouter]:
        """Answer all requests of httpx2 to the server at ``url`` and to the one with the results.

        Yields a respx router. Routes that you add to it take precedence.

        :raises MissingExtraError: if httpx2 or respx is not installed.
        """
        with needing("FakeCopr.mock_httpx2", "respx", "pytest"):
            from .adapters.respx import mock_httpx
        with needing("FakeCopr.mock_httpx2", "httpx2", "httpx2"):
            from .adapters.httpx2 import Httpx2Mocker
        with mock_httpx(self.service.api, *self._urls(url), using=Httpx2Mocker.name) as router:
            yield router

    @contextmanager
    def mock_requests(self, url: str = COPR_URL) -> Iterator[responses.RequestsMock]:
        """Answer all requests of requests to the server at ``url`` and to the one with the results.

        Yields a mock of responses. Responses that you add to it take precedence.

        :raises MissingExtraError: if responses is not installed.
        """
        with needing("FakeCopr.mock_requests", "responses", "requests"):
            from .adapters.requests import mock_requests
        with mock_requests(self.service.api, *self._urls(url)) as mock:
            yield mock

    @overload
    def serving(self, *, tls: Literal[False] = False) -> AbstractContextManager[str]: ...

    @overload
    def serving(self, *, tls: Literal[True]) -> AbstractContextManager[TlsServer]: ...

    def serving(self, *, tls: bool = False) -> AbstractContextManager[str] | AbstractContextManager[TlsServer]:
        """Serve the fake on a free port of this machine, in a thread; yields its URL, the ``copr_url`` of clients.

        Meanwhile, ``result_url`` is below it, unless the fake has another URL for results.

        :param tls: serve https, with a certificate of a new authority; yields a :class:`TlsServer`, which has the URL
            and the file with the authority's certificate.
        :raises MissingExtraError: if the packages of the server, or of the extra ``tls``, are not installed.
        """
        if checks.flag("tls", tls):
            with needing("FakeCopr.serving with TLS", "trustme", "tls"):
                import trustme  # noqa: F401  # used by the function below
        with needing("FakeCopr.serving", "httptools", "server"):
            from .server.live_server import serving, serving_tls
        return serving_tls(self.service) if tls else serving(self.service)

    @contextmanager
    def proxying(self, *, allow: Iterable[str] = ()) -> Iterator[CoprProxy]:
        """Run a proxy that answers for Copr's hosts, in a thread, so that any program reaches the fake unmodified.

        Yields the proxy with the environment of such programs. ``result_url`` is Copr's own.

        :param allow: names of other hosts to which the proxy passes connections; it rejects those to all others.
        :raises MissingExtraError: if the packages of the server, or of the extra ``tls``, are not installed.
        """
        with needing("FakeCopr.proxying", "httptools", "server"):
            import httptools  # noqa: F401  # used by the module below
        with needing("FakeCopr.proxying", "trustme", "tls"):
            from .server.proxy import proxying
        with proxying(self.service, allow) as proxy:
            yield proxy

    # Messages.

    @property
    def messages(self) -> list[Message]:
        """The latest 10,000 messages about tasks, in the order in which Copr published them."""
        from .messages.message import find_messages, read_message

        return [read_message(entry) for entry in find_messages(self._store)]

    def subscribe(self, callback: Callable[[Message], object]) -> Subscription:
        """Call a function with each new message, in order; ``cancel`` the returned subscription to stop.

        The callback runs before the call that caused the message returns, for example a poll or a move of the clock; on
        the system's clock, it runs in a thread. It may use the fake; messages that it causes come after this one.

        If it raises an exception, the other callbacks still run and nothing is undone; then the call that caused the
        message raises the exception.

        :raises InputError: if it is not callable.
        """
        return self.service.subscribers.add(callback)

    # Recorded requests; pytest hides the tracebacks of the assertions.

    @property
    def requests(self) -> list[Request]:
        """The latest requests, in the order of their responses: 10,000 by default."""
        return self.service.journal.requests()

    def requests_after(self, number: int) -> list[Request]:
        """Return the requests after the one with this number."""
        return self.service.journal.requests(number)

    @property
    def unmatched(self) -> list[UnmatchedRequests]:
        """The recorded requests that matched nothing, by method and target, in the order of their first request."""
        return self.service.journal.unmatched()

    def clear_requests(self) -> None:
        """Delete the recorded requests; faults keep their counts."""
        self.service.journal.clear()

    def assert_requested(
        self,
        endpoint: EndpointName,
        *,
        build_id: int | None = None,
        chrootname: str | None = None,
        times: int | None = None,
    ) -> None:
        """Assert that an endpoint was requested, at least once or exactly ``times`` times.

        :raises AssertionError: with the requests that were made.
        """
        __tracebackhide__ = True
        self.service.journal.assert_requested(endpoint, build_id, chrootname, times)

    def assert_not_requested(
        self, endpoint: EndpointName, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that an endpoint was not requested.

        :raises AssertionError: with the requests that were made.
        """
        __tracebackhide__ = True
        self.service.journal.assert_requested(endpoint, build_id, chrootname, 0)

    def assert_submitted(
        self,
        *,
        project: str | None = None,
        chroots: Iterable[str] | None = None,
        url: str | None = None,
        filename: str | None = None,
        user: str | None = None,
        times: int | None = None,
        **fields: object,
    ) -> None:
        """Assert that a build was submitted and accepted, at least once or exactly ``times`` times.

        :param project: ``owner/project``.
        :param chroots: the chroots or patterns that were sent, in any order.
        :param url: the URL of a source package or of a repository; each URL of a request is a submission of its own.
        :param filename: the name of an uploaded file.
        :param user: the user who was logged in.
        :param fields: other fields of the body, as sent: ``timeout=3600``.
        :raises AssertionError: with the closest submission, and how it differs.
        """
        __tracebackhide__ = True
        self.service.journal.assert_submitted(
            fields, chroots, times, project=project, url=url, filename=filename, user=user
        )

    def assert_project_created(
        self,
        *,
        project: str | None = None,
        chroots: Iterable[str] | None = None,
        user: str | None = None,
        **fields: object,
    ) -> None:
        """Assert that a request created a project, also by forking another one.

        :param project: ``owner/project``.
        :param chroots: the chroots that were sent, in any order.
        :param user: the user who was logged in.
        :param fields: other fields of the body, as sent: ``description="Tools"``.
        :raises AssertionError: with the closest request, and how it differs.
        """
        __tracebackhide__ = True
        self.service.journal.assert_project("project", fields, chroots, project=project, user=user)

    def assert_project_edited(
        self,
        *,
        project: str | None = None,
        chroots: Iterable[str] | None = None,
        user: str | None = None,
        **fields: object,
    ) -> None:
        """Assert that a request changed the settings of a project.

        :param project: ``owner/project``.
        :param chroots: the chroots that were sent, in any order.
        :param user: the user who was logged in.
        :param fields: other fields of the body, as sent: ``description="Tools"``.
        :raises AssertionError: with the closest request, and how it differs.
        """
        __tracebackhide__ = True
        self.service.journal.assert_project("edit", fields, chroots, project=project, user=user)

    def assert_canceled(self, build: Build | int) -> None:
        """Assert that a request canceled a build, which is given as such or by its id.

        :raises AssertionError: with the requests that were made.
        """
        __tracebackhide__ = True
        number = build.id if isinstance(build, Build) else checks.positive("build", build)
        self.service.journal.assert_canceled(number)

    def assert_waited_for(self, build: Build | int) -> None:
        """Assert that a response showed the end of a build, or of all its chroots; the build may be given by its id.

        :raises AssertionError: with the last states in responses, and the requests that were made.
        """
        __tracebackhide__ = True
        number = build.id if isinstance(build, Build) else checks.positive("build", build)
        self.service.journal.assert_waited_for(self._store.existing_build(number))

    def on_request(
        self,
        callback: Callable[[], object],
        *,
        when: Literal["before", "after"] = "before",
        endpoint: EndpointName | None = None,
        build_id: int | None = None,
        chrootname: str | None = None,
        nth: int | None = None,
    ) -> Actor:
        """Call a function at requests from now on, as a second actor that changes the fake in between, to test races.

        It runs in the thread of the request, may use the fake, and is not called for requests that it makes itself.

        :param when: before the request is answered, or after that.
        :param endpoint: select requests for this endpoint; by default all.
        :param nth: only at the nth of these requests, counted from 1.
        :raises InputError: naming the invalid value.
        """
        if not callable(callback):
            raise InputError("callback", f"expected a function, got {checks.excerpt(callback)}")
        subject = Subject(
            checks.optional(checks.one_of(get_args(EndpointName)))("endpoint", endpoint),
            checks.optional(checks.positive)("build_id", build_id),
            checks.optional(checks.text)("chrootname", chrootname),
        )
        moment = cast(When, checks.one_of(get_args(When))("when", when))
        actors = self.service.api.actors
        actor = Actor(callback, moment, subject, checks.optional(checks.positive)("nth", nth), actors)
        actors.append(actor)
        return actor

    def assert_polled_no_faster_than(
        self, seconds: float, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that nothing was polled twice within so many seconds of the fake's clock.

        Each build, chroot, list and page counts by itself; a page is identified by its query arguments.

        :raises AssertionError: with the two requests.
        """
        __tracebackhide__ = True
        self.service.journal.assert_polled_no_faster_than(checks.amount("seconds", seconds), build_id, chrootname)

    def assert_all_pages_read(self, build_id: int) -> None:
        """Assert that every chroot of a build was on a page of its list that was requested.

        :raises AssertionError: naming the missing chroots, with the requests that were made.
        """
        __tracebackhide__ = True
        self.service.journal.assert_all_pages_read(self._store.existing_build(checks.positive("build_id", build_id)))

    def _urls(self, url: str) -> list[str]:
        """Return the addresses of the API and of the results."""
        return [checks.server("url", url), self.results_url]

    def _own_name(self, project: Project | str) -> str:
        if not checks.is_kind(project, Project):
            return checks.text("project", project)
        if self._store.projects.get(project.full_name) is not project:
            raise InputError(
                "project", f"{project} is not of this fake; expected a project that its add_project returned"
            )
        return project.full_name


def _given(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a method, as the fields of a spec."""
    return {name: value for name, value in arguments.items() if name != "self"}
