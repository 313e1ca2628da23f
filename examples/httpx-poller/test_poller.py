from itertools import pairwise

import pytest
from poller import wait

pytestmark = [pytest.mark.copr_fake(progress="clock"), pytest.mark.usefixtures("copr_httpx", "sleep")]

F43 = "fedora-43-x86_64"


@pytest.fixture
def sleep(copr_fake, monkeypatch):
    monkeypatch.setattr("time.sleep", copr_fake.clock.tick)


def test_waits_for_the_end(copr_fake):
    copr_fake.add_build([F43], id=1, lifecycle="fails")
    assert wait(1) == "failed"
    copr_fake.assert_polled_no_faster_than(30)


def test_backs_off_during_an_outage(copr_fake):
    copr_fake.add_build([F43], id=1)
    copr_fake.faults.add({"name": "outage", "first": 3})
    assert wait(1) == "succeeded"
    times = [request.at for request in copr_fake.requests]
    assert [after - before for before, after in pairwise(times)][:3] == [60, 120, 240]


def test_gives_up_on_a_stuck_build(copr_fake):
    copr_fake.add_build([F43], id=1, lifecycle="stuck-running")
    with pytest.raises(TimeoutError, match="build 1 has not ended"):
        wait(1)
