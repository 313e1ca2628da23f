"""The reference client reads what Copr answers, waits, tries again and says what went wrong: sync and async alike."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import httpx
import pytest

from copr_chroot_fake import AsyncCoprClient, CoprClient, FakeCopr, InputError, Nevra, State
from copr_chroot_fake.client.errors import (
    BadRequestError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
    WaitTimeoutError,
)
from copr_chroot_fake.client.results import ChrootStatus

from .doors import running_server

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


class Calling:
    """A client of either kind, whose calls are made and finished; it notes how long it pauses."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loop = asyncio.new_event_loop()
        self.pauses: list[float] = []

    def client(self, transport: Any = None, url: str = "https://copr.example", **options: Any) -> Any:
        """A client that calls like a sync one; ``sleep`` and ``now`` are virtual."""
        time = [0.0]

        def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            time[0] += seconds

        async def async_sleep(seconds: float) -> None:
            sleep(seconds)

        options = {"now": lambda: time[0], "sleep": sleep if self.kind == "sync" else async_sleep, **options}
        if self.kind == "sync":
            return CoprClient(url, transport=transport, **options)
        return Finishing(AsyncCoprClient(url, transport=transport, **options), self.loop)


class Finishing:
    """An async client whose calls are run to their end."""

    def __init__(self, client: AsyncCoprClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            result = attribute(*args, **kwargs)
            if inspect.isasyncgen(result):
                return self._loop.run_until_complete(self._collect(result))
            return self._loop.run_until_complete(result)

        return call

    @staticmethod
    async def _collect(items: Any) -> list[Any]:
        return [item async for item in items]


@pytest.fixture(params=["sync", "async"])
def calling(request: pytest.FixtureRequest) -> Iterator[Calling]:
    calling = Calling(request.param)
    yield calling
    calling.loop.close()


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr()


def answering(*answers: httpx.Response | Exception) -> httpx.MockTransport:
    """A transport that answers so, one after the other, the last one for ever."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        # A response is read once, and this one may be answered again.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return httpx.MockTransport(handle)


def page_of(*states: str, limit: int | None = None, **more: object) -> httpx.Response:
    items = [
        {"name": f"c-{at}-x", "state": state, "started_on": 1, "ended_on": None, "result_url": None}
        for at, state in enumerate(states)
    ]
    meta = {"limit": limit, "offset": 0, "order": "id", "order_type": "ASC"}
    return httpx.Response(200, json={"items": items, "meta": meta, **more})


HTML = httpx.Response(502, headers={"Content-Type": "text/html"}, text="<html>Bad Gateway</html>")


def test_get_has_one_build_chroot_with_its_times(calling: Calling, fake: FakeCopr) -> None:
    """One build chroot, with its times as Unix times and in UTC."""
    fake.add_build(1, {F41: {"state": "succeeded", "started_on": 0, "ended_on": 90}})
    status = calling.client(fake.transport).get(1, F41)
    assert (status.name, status.state, status.is_final) == (F41, State.SUCCEEDED, True)
    assert (status.started_on, status.ended_on) == (0, 90)
    assert status.started_at == datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert status.ended_at == datetime(1970, 1, 1, 0, 1, 30, tzinfo=timezone.utc)
    assert status.result_url.endswith("/00000001-hello/")


def test_times_that_are_not_there_are_none(calling: Calling, fake: FakeCopr) -> None:
    """A pending chroot has neither time."""
    fake.add_build(1, {F41: "pending"})
    status = calling.client(fake.transport).get(1, F41)
    assert (status.started_at, status.ended_at, status.is_final) == (None, None, False)


def test_a_page_or_all_pages_can_be_read(calling: Calling, fake: FakeCopr) -> None:
    """One page as asked for, and every page one after the other."""
    names = [f"bulk-{number}-x86_64" for number in range(250)]
    fake.add_build(1, names, state="running")
    client = calling.client(fake.transport)
    page = client.get_list(1, limit=3, offset=2, order_type="DESC")
    assert [status.name for status in page] == names[-3:-6:-1]
    assert (len(page), page.limit, page.offset, page.order, page.order_type) == (3, 3, 2, "id", "DESC")
    assert [status.name for status in client.iter_all(1)] == names
    assert [status.name for status in client.iter_all(1, limit=60, order_type="DESC")] == names[::-1]
    fake.assert_all_pages_read(1)


@pytest.mark.parametrize("default_limit", [None, 100, 250, 7])
def test_iter_all_reads_everything_whatever_the_services_limit(calling: Calling, default_limit: int | None) -> None:
    """A service without a limit is asked once, and one whose pages end with the list once more than that."""
    fake = FakeCopr(default_limit=default_limit)
    fake.add_build(1, [f"bulk-{number}-x86_64" for number in range(250)], state="running")
    assert len(list(calling.client(fake.transport).iter_all(1))) == 250
    fake.assert_requested("list", build_id=1, times={None: 1, 100: 3, 250: 2, 7: 36}[default_limit])


def test_iter_all_ends_with_a_page_that_has_nothing(calling: Calling) -> None:
    """Whatever its limit is said to be."""
    assert list(calling.client(answering(page_of(limit=0))).iter_all(1)) == []


def test_iter_all_asks_for_a_page_when_it_is_needed(fake: FakeCopr) -> None:
    """Whoever stops early has not asked for the rest."""
    fake.add_build(1, [f"bulk-{number}-x86_64" for number in range(250)], state="running")
    with CoprClient(transport=fake.transport) as client:
        next(client.iter_all(1))
    fake.assert_requested("list", times=1)


def test_get_build_config_has_the_settings_and_the_repositories(calling: Calling, fake: FakeCopr) -> None:
    """The settings, with the repositories and their addresses."""
    fake.add_project("jdoe", "tools", additional_repos=["https://a.example/?priority=5"], bootstrap="on")
    fake.add_build(1, [F41], project="jdoe/tools", enable_net=True)
    config = calling.client(fake.transport).get_build_config(1, F41)
    assert (config.memory_limit, config.timeout, config.enable_net, config.bootstrap) == (2048, 18000, True, "on")
    assert config.repo_urls == (
        f"https://download.copr.fedorainfracloud.org/results/jdoe/tools/{F41}/",
        "https://a.example/",
    )
    assert (config.repos[1].priority, config.repos[0].repo_gpgcheck) == (5, False)
    assert config.bootstrap_image is None


def test_get_document_has_what_any_other_path_answers(calling: Calling, fake: FakeCopr) -> None:
    """Any other path below /api_3, as it is answered, or the error that it is answered with."""
    fake.add_build(1, [F41])
    client = calling.client(fake.transport)
    assert client.get_document("build/1")["id"] == 1
    config = client.get_document("build-chroot/build-config", build_id=1, chrootname=F41)
    assert next(iter(config)) == "additional_repos"
    with pytest.raises(NotFoundError, match="Build 99 does not exist"):
        client.get_document("build/99")


def test_get_built_packages_has_what_prints_as_nevras(calling: Calling, fake: FakeCopr) -> None:
    """Packages that print as NEVRAs."""
    fake.add_build(1, {F41: {"state": "succeeded", "packages": ["hello-2:1.0-1.fc41.x86_64"]}})
    (package,) = calling.client(fake.transport).get_built_packages(1, F41)
    assert str(package) == "hello-2:1.0-1.fc41.x86_64"
    assert isinstance(package, Nevra)


def test_fields_that_are_not_known_are_kept(calling: Calling) -> None:
    """What a newer service says more is there in ``unknown``, and a new state is a text."""
    chroot = {"name": F41, "state": "resting", "started_on": None, "ended_on": None, "result_url": None, "mood": "good"}
    meta = {"limit": None, "offset": 0, "order": "id", "order_type": "ASC", "total": 1}
    status = calling.client(answering(httpx.Response(200, json=chroot))).get(1, F41)
    assert (status.state, status.is_final, status.unknown) == ("resting", False, {"mood": "good"})
    page = calling.client(answering(httpx.Response(200, json={"items": [chroot], "meta": meta}))).get_list(1)
    assert page.unknown == {"total": 1}
    config = calling.client(answering(httpx.Response(200, json={"isolation": "nspawn"}))).get_build_config(1, F41)
    assert config.unknown == {"isolation": "nspawn"}
    package = {"name": "a", "epoch": 0, "version": "1", "release": "2", "arch": "src", "size": 5}
    packages = calling.client(answering(httpx.Response(200, json={"packages": [package]}))).get_built_packages(1, F41)
    assert packages[0].unknown == {"size": 5}


@pytest.mark.parametrize(
    ("build_id", "chrootname", "missing", "message"),
    [
        (7, F41, "build", "Build 7 does not exist."),
        (1, F42, "chroot", f"Chroot {F42} does not exist"),
        (1, "epel-9-s390x", "chroot", "Build 1 was not submitted to epel-9-s390x chroot."),
    ],
)
def test_not_found_says_which_of_the_two_is_missing(
    calling: Calling, fake: FakeCopr, build_id: int, chrootname: str, missing: str, message: str
) -> None:
    """Status, message, request, and whether it is the build or its chroot."""
    fake.add_build(1, [F41])
    fake.add_mock_chroots("epel-9-s390x")
    with pytest.raises(NotFoundError) as raised:
        calling.client(fake.transport).get(build_id, chrootname)
    error = raised.value
    assert (error.status, error.message, error.missing) == (404, message, missing)
    assert error.request.url.params["build_id"] == str(build_id)
    assert message in str(error)
    assert "404, GET https://copr.example/api_3/build-chroot?" in str(error)


@pytest.mark.parametrize(
    ("path", "arguments", "missing"),
    [
        ("project", {"ownername": "jdoe", "projectname": "chroot-tools"}, "project"),
        ("monitor", {"ownername": "@chroots", "projectname": "tools"}, "project"),
        ("build/7", {}, "build"),
        ("build-chroots", {}, "endpoint"),
    ],
)
def test_not_found_says_what_is_missing_of_any_document(
    calling: Calling, fake: FakeCopr, path: str, arguments: dict[str, str], missing: str
) -> None:
    """A project, whether it is a user's or a group's, a build, or the endpoint."""
    with pytest.raises(NotFoundError) as raised:
        calling.client(fake.transport).get_document(path, **arguments)
    assert raised.value.missing == missing


def test_not_found_leaves_open_what_copr_does_not_name_as_these(calling: Calling) -> None:
    """As another service in front of Copr may answer 404 in JSON."""
    with pytest.raises(NotFoundError) as raised:
        calling.client(answering(httpx.Response(404, json={"error": "No chroot here"}))).get(1, F41)
    assert raised.value.missing is None


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (httpx.Response(400, json={"error": "Missing argument build_id"}), BadRequestError, 400),
        (httpx.Response(404, json={"error": "Such API endpoint doesn't exist"}), NotFoundError, 404),
        (httpx.Response(405, json={"error": "The method is not allowed"}), ClientError, 405),
        (httpx.Response(500, json={"error": "There is probably a bug"}), ServerError, 500),
        (httpx.Response(504, json={"error": "The API request timeouted"}), RequestTimeoutError, 504),
        (httpx.Response(504, text="<html>"), RequestTimeoutError, 504),
        (HTML, NotJsonError, 502),
        (httpx.Response(200, text="<html>"), NotJsonError, 200),
        (httpx.Response(200, text=""), NotJsonError, 200),
        (httpx.Response(200, json=[1]), NotJsonError, 200),
        (httpx.ReadTimeout("too slow"), RequestTimeoutError, None),
        (httpx.ConnectError("refused"), ConnectionFailedError, None),
        (httpx.RemoteProtocolError("broke off"), ConnectionFailedError, None),
        (httpx.DecodingError("no gzip"), NotJsonError, None),
        (httpx.Response(200, text="[" * 100_000), NotJsonError, 200),
    ],
)
def test_every_kind_of_failure_is_an_error_of_its_own(
    calling: Calling, answer: httpx.Response | Exception, kind: type[ClientError], status: int | None
) -> None:
    """All have one base, and the request and the status where there was one."""
    with pytest.raises(ClientError) as raised:
        calling.client(answering(answer), retries=0).get(1, F41)
    assert type(raised.value) is kind
    assert raised.value.status == status
    assert raised.value.request.url.path == "/api_3/build-chroot"
    if isinstance(raised.value, NotFoundError):
        assert raised.value.missing == "endpoint"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(200, json=[1]), "JSON, but no object"),
        (httpx.Response(200, headers={"Content-Type": "application/json"}, text='{"items": ['), "broken JSON"),
        (HTML, "not JSON but text/html"),
        (httpx.Response(503), "not JSON but nothing"),
        (httpx.ConnectError("refused"), "no answer: refused"),
        (httpx.ConnectError(""), "no answer: ConnectError"),
        (httpx.ReadTimeout(""), "no answer in time: ReadTimeout"),
        (httpx.DecodingError("no gzip"), "an answer that cannot be read: no gzip"),
    ],
)
def test_an_error_says_what_came_instead(calling: Calling, answer: httpx.Response | Exception, message: str) -> None:
    """Also where httpx has no text for it, as is often so for an async client."""
    with pytest.raises(ClientError) as raised:
        calling.client(answering(answer), retries=0).get(1, F41)
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("call", "document", "problem"),
    [
        ("get", {"x": 1}, "name: missing"),
        ("get", {"name": F41, "state": 3}, "state: 3 is not possible"),
        ("get", {"name": F41, "state": "failed", "started_on": True}, "started_on: True is not possible"),
        ("get", {"name": F41, "state": "failed", "ended_on": "now"}, "ended_on: 'now' is not possible"),
        ("get_list", {"items": [], "meta": None}, "meta: expected an object, got None"),
        ("get_list", {"items": None, "meta": {}}, "items: expected a list, got None"),
        ("get_list", {"items": [{"name": F41}], "meta": {}}, "items[0].state: missing"),
        ("get_list", {"items": [], "meta": {"limit": "100"}}, "limit: '100' is not possible"),
        ("get_build_config", {"repos": "x"}, "repos: expected a list, got 'x'"),
        ("get_build_config", {"repos": [{"id": "x", "priority": "1"}]}, "repos[0].priority: '1' is not possible"),
        ("get_build_config", {"with_opts": [["x"]]}, "with_opts[0]: ['x'] is not possible"),
        ("get_built_packages", {}, "packages: expected a list, got None"),
        ("get_built_packages", {"packages": [{"name": "a"}]}, "packages[0].version: missing"),
    ],
)
def test_an_answer_of_another_form_is_an_error_that_names_the_place(
    calling: Calling, call: str, document: dict[str, object], problem: str
) -> None:
    """What is there has to be what was asked for, as it would be in the way later."""
    client = calling.client(answering(httpx.Response(200, json=document)))
    with pytest.raises(ClientError) as raised:
        getattr(client, call)(1, *([] if call == "get_list" else [F41]))
    assert type(raised.value) is ClientError
    assert raised.value.message == f"the answer has another form than was asked for: {problem}"
    assert raised.value.status == 200


def test_what_an_older_copr_leaves_out_is_none(calling: Calling) -> None:
    """Or empty; for Copr itself, null is the same as nothing."""
    client = calling.client(answering(httpx.Response(200, json={"with_opts": None, "repos": [{"id": "x"}]})))
    config = client.get_build_config(1, F41)
    assert (config.with_opts, config.timeout, config.repos[0].baseurl) == ((), None, None)


@pytest.mark.parametrize("failure", [HTML, httpx.Response(503), httpx.Response(504), httpx.ConnectError("refused")])
def test_passing_failures_are_tried_again_with_backoff(calling: Calling, failure: httpx.Response | Exception) -> None:
    """After 1, 2 and 4 seconds, and the number of times can be counted."""
    client = calling.client(answering(failure, failure, failure, page_of("running")))
    assert len(client.get_list(1)) == 1
    assert calling.pauses == [1, 2, 4]
    assert client.retried == 3


def test_a_failure_that_does_not_pass_is_raised_in_the_end(calling: Calling) -> None:
    """After the last try its error is the one that came."""
    client = calling.client(answering(HTML), retries=2)
    with pytest.raises(NotJsonError):
        client.get(1, F41)
    assert (calling.pauses, client.retried) == ([1, 2], 2)


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"error": "no"}), httpx.ReadTimeout("too slow")])
def test_what_will_not_pass_is_not_tried_again(calling: Calling, answer: httpx.Response | Exception) -> None:
    """Neither an error of the service's own nor a time that was given."""
    with pytest.raises(ClientError):
        calling.client(answering(answer)).get(1, F41)
    assert calling.pauses == []


def test_retries_can_be_turned_off(calling: Calling) -> None:
    """By one argument."""
    with pytest.raises(NotJsonError):
        calling.client(answering(HTML, page_of()), retries=0).get_list(1)


def test_wait_asks_until_a_chroot_has_ended(calling: Calling, fake: FakeCopr) -> None:
    """It asks again and again until the chroot has ended."""
    fake.add_build(1, [F41])
    seen: list[str] = []
    client = calling.client(fake.transport)
    status = client.wait(1, F41, poll=30, on_progress=lambda statuses: seen.extend(s.state for s in statuses))
    assert (status.state, status.name) == ("succeeded", F41)
    assert seen == ["importing", "pending", "starting", "running", "succeeded"]
    assert calling.pauses == [30] * 4


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled", "skipped", "forked"])
def test_wait_knows_every_final_state(calling: Calling, fake: FakeCopr, state: str) -> None:
    """Forked too, which other clients wait for in vain."""
    fake.add_build(1, {F41: state})
    assert calling.client(fake.transport).wait(1, F41).state == state
    assert calling.pauses == []


def test_wait_for_a_build_ends_with_its_last_chroot_on_whatever_page(calling: Calling) -> None:
    """It ends when the last chroot has ended, on whatever page; a build without chroots is not at its end."""
    fake = FakeCopr(default_limit=2)
    names = [f"bulk-{number}-x86_64" for number in range(5)]
    fake.add_build(1, {**dict.fromkeys(names[:4], "succeeded"), names[4]: {"lifecycle": "appears-late"}})
    statuses = calling.client(fake.transport).wait(1, poll=10)
    assert [status.name for status in statuses] == names
    assert all(status.is_final for status in statuses)
    empty = FakeCopr()
    empty.add_build(1, [F41], lifecycle="appears-late")
    assert len(calling.client(empty.transport).wait(1)) == 1


def test_wait_gives_up_on_time_and_says_what_it_saw_last(calling: Calling, fake: FakeCopr) -> None:
    """Not before, not after, and without asking faster than it should."""
    fake.add_build(1, {F41: {"lifecycle": "stuck-running"}, F42: "failed"})
    with pytest.raises(WaitTimeoutError) as raised:
        calling.client(fake.transport).wait(1, timeout=100, poll=30)
    assert sum(calling.pauses) == 100
    assert calling.pauses == [30, 30, 30, 10]
    assert raised.value.states == {F41: "running", F42: "failed"}
    assert str(raised.value) == f"build 1 was not seen to end within 100 s; last seen: {F41} running, {F42} failed"


def test_wait_never_asks_faster_than_it_should(fake: FakeCopr) -> None:
    """By the fake's clock, which the waiting moves."""
    fake.add_build(1, [F41])
    with CoprClient(transport=fake.transport, sleep=fake.clock.tick, now=fake.clock.now) as client:
        client.wait(1, poll=45)
    fake.assert_polled_no_faster_than(45)


@pytest.mark.parametrize(("option", "value"), [("poll", 0), ("poll", -1), ("timeout", -1), ("timeout", "long")])
def test_waiting_that_makes_no_sense_is_refused(calling: Calling, fake: FakeCopr, option: str, value: object) -> None:
    """The error names the argument."""
    with pytest.raises(InputError, match=f"{option}: "):
        calling.client(fake.transport).wait(1, F41, **{option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("retries", -1),
        ("retries", True),
        ("timeout", -1),
        ("timeout", "long"),
        ("url", ""),
        ("url", "http://[::1"),
        ("url", "http://[::::]"),
        ("url", "ftp://copr.example"),
        ("url", "https://copr.example:99999"),
    ],
)
def test_a_client_that_makes_no_sense_is_refused(option: str, value: Any) -> None:
    """The error names the option."""
    with pytest.raises(InputError, match=f"{option}: "):
        CoprClient(**{option: value})


def test_an_address_may_say_who_asks_and_its_scheme_in_any_case(calling: Calling, fake: FakeCopr) -> None:
    """The request has both, and the text of an error has no password."""
    fake.add_account("jdoe", login="jdoe-login", token="secret")
    client = calling.client(fake.transport, url="HTTPS://jdoe-login:secret@copr.example:65535/")
    assert client.get_document("auth-check")["name"] == "jdoe"
    with pytest.raises(NotFoundError) as raised:
        client.get(1, F41)
    assert "GET https://copr.example:65535/api_3/build-chroot?" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_no_ssl_context_is_made_where_none_is_used(fake: FakeCopr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a plain http address nor for a given transport, as making one takes milliseconds."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("an SSL context was made")

    fake.add_build(1, [F41])
    with running_server(fake) as url:
        monkeypatch.setattr(ssl, "create_default_context", refuse)
        monkeypatch.setattr(ssl, "SSLContext", refuse)
        with CoprClient(url) as client, CoprClient(transport=fake.transport) as other:
            assert client.get(1, F41).name == other.get(1, F41).name
        AsyncCoprClient(url.replace("http://", "HTTP://"))
        with pytest.raises(AssertionError, match="an SSL context was made"):
            CoprClient("https://copr.example")


def test_an_async_client_waits_in_whatever_loop_runs(fake: FakeCopr) -> None:
    """Without a ``sleep`` of its own it sleeps as asyncio or trio does; here not at all, as nothing is to wait for."""
    import trio

    fake.add_build(1, [F41], progress="immediate")

    async def wait() -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport) as client:
            return await client.wait(1, F41)

    assert asyncio.run(wait()) == trio.run(wait)


def test_an_async_client_takes_a_sleep_that_needs_no_waiting(fake: FakeCopr) -> None:
    """Such as a clock's ``tick``, and one that is awaited as well."""

    async def tick(seconds: float) -> None:
        fake.clock.tick(seconds)

    async def wait(sleep: Callable[[float], object], build_id: int) -> ChrootStatus:
        async with AsyncCoprClient(transport=fake.transport, sleep=sleep, now=fake.clock.now) as client:
            return await client.wait(build_id, F41)

    sleeps: list[Callable[[float], object]] = [fake.clock.tick, tick]
    for build_id, sleep in enumerate(sleeps, 11):
        fake.add_build(build_id, [F41], progress="clock")
        assert asyncio.run(wait(sleep, build_id)).state == "succeeded"


def test_an_error_is_one_whatever_its_status(calling: Calling) -> None:
    """An answer that has an error in it is none, even with status 200."""
    with pytest.raises(ClientError, match="odd"):
        calling.client(answering(httpx.Response(200, json={"error": "odd"}))).get(1, F41)
