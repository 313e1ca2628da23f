"""The official client works unmodified against the running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from copr.v3 import Client, CoprNoResultException, CoprRequestException
from copr.v3.pagination import next_page
from copr.v3.proxies.build_chroot import BuildChrootProxy

from copr_chroot_fake import FakeCopr

from .adapters import running_server
from .chroots import F41

NAMES = [f"fedora-{version}-x86_64" for version in range(38, 45)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    fake = FakeCopr()
    fake.add_build(NAMES, id=1, package="copr-cli", state="succeeded")
    fake.add_mock_chroots("epel-9-s390x")
    with running_server(fake) as url:
        yield url


@pytest.fixture
def proxy(url: str) -> BuildChrootProxy:
    return Client({"copr_url": url}).build_chroot_proxy


def test_get_returns_name_state_times_and_results(proxy: BuildChrootProxy) -> None:
    chroot = proxy.get(1, F41)
    assert (chroot.name, chroot.state) == (F41, "succeeded")
    assert chroot.ended_on - chroot.started_on == 300
    assert chroot.result_url.endswith(f"/{F41}/00000001-copr-cli/")


def test_get_list_returns_every_chroot_and_meta(proxy: BuildChrootProxy) -> None:
    chroots = proxy.get_list(1)
    assert [chroot.name for chroot in chroots] == NAMES
    assert chroots.meta.limit == 100


def test_next_page_reads_to_the_end(proxy: BuildChrootProxy) -> None:
    """Each chroot once, and then an empty page."""
    page = proxy.get_list(1, pagination={"limit": 3, "order_type": "DESC"})
    read = []
    while page:
        read.append([chroot.name for chroot in page])
        page = next_page(page)
    assert read == [NAMES[6:3:-1], NAMES[3:0:-1], NAMES[:1]]


def test_get_build_config_returns_repositories(proxy: BuildChrootProxy) -> None:
    config = proxy.get_build_config(1, F41)
    assert config.memory_limit == 2048
    assert config.repos[0]["id"] == "copr_base"


def test_get_built_packages_returns_nevras(proxy: BuildChrootProxy) -> None:
    packages = proxy.get_built_packages(1, F41).packages
    assert [(package["name"], package["arch"]) for package in packages] == [("copr-cli", "src"), ("copr-cli", "x86_64")]


@pytest.mark.parametrize(
    ("build_id", "chrootname", "error", "message"),
    [
        (2, F41, CoprNoResultException, "Build 2 does not exist."),
        ("x", F41, CoprNoResultException, "Build x does not exist."),
        (1, "epel-9-s390x", CoprNoResultException, "Build 1 was not submitted to epel-9-s390x chroot."),
        (1, "fedora-99-x86_64", CoprNoResultException, "Chroot fedora-99-x86_64 does not exist"),
        (1, "fedora", CoprRequestException, "Chroot identification is not valid"),
        (1, None, CoprRequestException, "Missing argument chrootname"),
        (None, F41, CoprRequestException, "Missing argument build_id"),
    ],
)
@pytest.mark.parametrize("call", ["get", "get_build_config", "get_built_packages"])
def test_missing_objects_raise_the_official_client_errors(
    proxy: BuildChrootProxy,
    call: str,
    build_id: object,
    chrootname: str | None,
    error: type[Exception],
    message: str,
) -> None:
    """With the service's message."""
    with pytest.raises(error) as raised:
        getattr(proxy, call)(build_id, chrootname)
    assert type(raised.value) is error
    assert str(raised.value) == message


def test_invalid_paging_raises_the_clients_exception(proxy: BuildChrootProxy) -> None:
    """With the service's message."""
    with pytest.raises(CoprRequestException, match="Not a valid integer value"):
        proxy.get_list(1, pagination={"limit": "many"})


@pytest.mark.parametrize(
    ("endpoint", "method", "error", "message"),
    [
        ("/build-chroot/list", "POST", CoprRequestException, "The method is not allowed for the requested URL."),
        ("/nope", "GET", CoprNoResultException, "Such API endpoint doesn't exist"),
    ],
)
def test_wrong_method_and_endpoint_are_different_errors(
    proxy: BuildChrootProxy, endpoint: str, method: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        proxy.request.send(endpoint=endpoint, method=method)
    assert str(raised.value) == message
