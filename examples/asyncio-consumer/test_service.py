import asyncio
from contextlib import asynccontextmanager

import pytest
import service

F43, S390X = "fedora-43-x86_64", "epel-10-s390x"

pytestmark = [pytest.mark.anyio, pytest.mark.copr_fake(progress="clock"), pytest.mark.usefixtures("copr_httpx")]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def running(copr_fake, reports):
    """Run the service with the fake's messages; at the end, wait until it has handled all of them."""
    queue = asyncio.Queue()
    with copr_fake.subscribe(lambda message: queue.put_nowait((message.topic, message.body))):
        task = asyncio.create_task(service.report_failures(queue, reports.append))
        yield
        await queue.join()
        task.cancel()


async def test_reports_failed_chroots(copr_fake):
    reports = []
    async with running(copr_fake, reports):
        build = copr_fake.add_build({F43: {}, S390X: {"lifecycle": "fails"}}, package="nano")
        copr_fake.clock.tick(3600)
    assert reports == [f"nano in {S390X}: {build[S390X].result_url}"]


async def test_survives_an_outage(copr_fake, monkeypatch):
    monkeypatch.setattr(service, "PAUSE", 0)
    copr_fake.faults.add({"name": "outage", "first": 2})
    reports = []
    async with running(copr_fake, reports):
        copr_fake.add_build([F43], lifecycle="fails")
        copr_fake.clock.tick(3600)
    assert len(reports) == 1
    copr_fake.assert_requested("build-chroot", times=3)
