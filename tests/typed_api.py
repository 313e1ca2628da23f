"""Examples of the public API with type assertions for mypy and pyright; they are never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

import httpx
from typing_extensions import assert_type

from copr_chroot_fake import (
    FAULTS,
    LIFECYCLES,
    ActiveFault,
    Answer,
    AsyncCoprClient,
    Build,
    BuildChroot,
    CoprClient,
    CoprProvider,
    CoprProxy,
    Dribble,
    FakeCopr,
    FakeOptions,
    Fault,
    Faults,
    Lifecycle,
    LifecycleName,
    LogNormal,
    Nevra,
    Progress,
    Project,
    Request,
    Scenario,
    Snapshot,
    Stage,
    State,
    SubmissionRule,
    SubmissionRules,
    SystemClock,
    TlsServer,
    Uniform,
    UnmatchedRequests,
    VirtualClock,
)
from copr_chroot_fake.client.results import BuildConfig, BuiltPackage, ChrootPage, ChrootStatus
from copr_chroot_fake.model.nevra import NevraEntry


def fill(fake: FakeCopr) -> None:
    assert_type(fake.add_project("@copr/copr-dev", chroots={"fedora-41-x86_64": {"with_opts": ["a"]}}), Project)
    assert_type(fake.add_build(["fedora-41-x86_64"], id=1, progress={"poll": 3}), Build)
    fake.add_build({"fedora-41-x86_64": "running", "epel-9-s390x": {"lifecycle": "fails", "hold": "running"}}, id=2)
    fake.add_build(["fedora-41-x86_64"], id=3, lifecycle=Lifecycle(Stage("running", Uniform(1, 2), {"failed": 1})))
    fake.add_build(["fedora-41-x86_64"], id=4, state=State.RUNNING, progress=Progress("poll", 2, {State.RUNNING: 3}))
    fake.add_mock_chroots("fedora-42-x86_64")
    assert_type(fake.on_submit(package="hello", chroot="epel-*", lifecycle="fails"), SubmissionRule)
    fake.on_submit(source_type="scm", when=lambda build: build.timeout < 60, packages=["a-1-1.src"], progress="manual")
    assert_type(fake.submission_rules, SubmissionRules)
    assert_type(fake.next_build_id, int)
    fake.add_scenario({"builds": [{"id": 7}]})
    assert_type(fake.to_scenario(), Scenario)
    assert_type(fake.builds, Mapping[int, Build])
    assert_type(LIFECYCLES, Mapping[LifecycleName, Lifecycle])


def make_up(fake: FakeCopr, faker: CoprProvider) -> None:
    assert_type(fake.populate(builds=3, chroots=5, seed=7), list[Build])
    assert_type(faker.copr_mock_chroot(), str)
    assert_type(faker.copr_package_set("fedora-41-x86_64", "hello"), list[NevraEntry])
    assert_type(faker.copr_scenario(3, first_id=7, now=1_800_000_000), Scenario)
    project = faker.copr_project_entry(["fedora-41-x86_64"])
    chroot = faker.copr_chroot_entry(2, "fedora-41-x86_64", state=State.RUNNING)
    builds = [faker.copr_build_entry(1, project=project, state="failed"), {"id": 2, "chroots": [chroot]}]
    fake.add_scenario({"projects": [project], "builds": builds})


def make() -> None:
    assert_type(FakeCopr(default_limit=None, clock=SystemClock(60), seed=7, progress="clock"), FakeCopr)
    assert_type(FakeCopr.from_scenario("scenario.json", clock=VirtualClock(5)), FakeCopr)
    assert_type(FakeCopr.from_options(FakeOptions(seed=3)), FakeCopr)
    FakeCopr(limit=3)  # type: ignore[call-arg]  # pyright: ignore  # no such option
    assert_type(LogNormal(1, 2, 3, 4), LogNormal)
    assert_type(Nevra.parse("a-1-1.src"), "Nevra | None")


def send(fake: FakeCopr) -> None:
    assert_type(fake.answer("GET", "/api_3/"), Answer)
    httpx.Client(transport=fake.transport)
    httpx.AsyncClient(transport=fake.transport)
    httpx.AsyncClient(transport=httpx.ASGITransport(app=fake.asgi))
    assert_type(fake.requests, list[Request])
    assert_type(fake.unmatched, list[UnmatchedRequests])
    fake.assert_requested("build-chroot/list", build_id=1, times=2)
    fake.assert_submitted(project="jdoe/hello", chroots=["fedora-41-x86_64"], url="https://a.test/a.spec", timeout=60)
    fake.assert_project_created(project="jdoe/hello", description="Tools")
    assert_type(fake.requests[0].headers, dict[str, str])
    assert_type(fake.requests[0].form, Mapping[str, str])
    assert_type(fake.requests[0].user, "str | None")
    assert_type([file.size for file in fake.requests[0].files.values()], list[int])


def control(fake: FakeCopr, build: Build) -> None:
    chroot = build["fedora-41-x86_64"]
    assert_type(chroot, BuildChroot)
    assert_type(chroot.state, State)
    assert_type(chroot.started_on, "int | None")
    assert_type(chroot.packages, tuple[Nevra, ...])
    assert_type(chroot.advance(), State)
    assert_type(chroot.report("succeeded", packages=["a-1-1.src"]), bool)
    chroot.report(
        "succeeded",
        packages=[Nevra("a", "1", "1", "src"), {"name": "a", "version": "1", "release": "1", "arch": "src"}],
    )
    chroot.set_state("running", ended_on=None)
    chroot.advance(to="failed")
    assert_type(fake.snapshot(), Snapshot)
    assert_type(fake.clock, VirtualClock | SystemClock)
    with fake.snapshot():
        fake.builds[1]["fedora-41-x86_64"].hold("running")


def go_wrong(fake: FakeCopr) -> None:
    assert_type(fake.faults, Faults)
    assert_type(fake.faults.add("outage"), ActiveFault)
    fake.faults.add(
        Fault(endpoint="build-chroot/list", delay=Uniform(1, 2), dribble=Dribble(bytes=16, every=0.5), first=3)
    )
    fake.faults.add(Fault(build_id=1, chrootname="a-b-c", breaks="reset-within", probability=0.5))
    fake.faults.add({"name": "slow-list", "delay": {"uniform": [1, 2]}})
    fake.add_scenario({"faults": ["outage", {"status": 502, "body": "json", "nth": 1}]})
    assert_type([active.hits for active in fake.faults], list[int])
    assert_type(FAULTS["outage"], Fault)
    fake.faults.remove(1)
    fake.faults.clear()


def use(client: CoprClient) -> None:
    assert_type(client.get(1, "a-b-c"), ChrootStatus)
    assert_type(client.get_list(1, limit=5, order_type="DESC"), ChrootPage)
    assert_type(client.iter_all(1), Iterator[ChrootStatus])
    assert_type(client.get_build_config(1, "a-b-c"), BuildConfig)
    assert_type(client.get_built_packages(1, "a-b-c"), tuple[BuiltPackage, ...])
    assert_type(client.get_document("project", ownername="jdoe"), Mapping[str, object])
    assert_type(client.wait(1, "a-b-c", timeout=5), ChrootStatus)
    assert_type(client.wait(1, poll=5), tuple[ChrootStatus, ...])


async def use_async(client: AsyncCoprClient) -> None:
    assert_type(await client.get(1, "a-b-c"), ChrootStatus)
    assert_type(client.iter_all(1), AsyncIterator[ChrootStatus])
    assert_type(await client.wait(1, "a-b-c"), ChrootStatus)
    assert_type(await client.wait(1), tuple[ChrootStatus, ...])


def serve(fake: FakeCopr) -> None:
    with fake.serving() as url:
        assert_type(url, str)
    with fake.serving(tls=True) as server:
        assert_type(server, TlsServer)
    with fake.proxying(allow=["pypi.org"]) as proxy:
        assert_type(proxy, CoprProxy)
        assert_type(proxy.environment, Mapping[str, str])
