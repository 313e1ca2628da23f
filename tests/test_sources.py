"""Uploaded source packages and specs tell what is built from them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from gzip import decompress
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.build import Build
from copr_chroot_fake.sources.reading import read_source

from .chroots import F42, F43
from .uploads import make_source_package, needs_rpmbuild, upload

I386, AARCH64 = "fedora-42-i386", "fedora-43-aarch64"

SPEC = """\
%global upstream tree
%define libname lib%{upstream}
%global patch 3
Name:           python-%{upstream}
Epoch:          2
Version:        1.2.%{?patch}
Release:        4%{?dist}%{?undefined}
Summary:        Trees
License:        MIT
ExcludeArch:    %{ix86} s390x

%description
Name: none of a tag

%package devel
Summary:        Headers
%description devel
Headers.

%package -n %{libname}
Summary:        Library
BuildArch:      noarch
%description -n %{libname}
Library.

%package unbuilt
Summary:        Nothing
%description unbuilt
Nothing.

%prep
cat > tree.pc <<'EOF'
Name: tree
Version: 0
EOF

%files -f list.txt
%files devel -f devel.txt
%files -n %{libname}

%changelog
* Wed Dec 02 2026 Jane Doe <jane@example.org> - 2:1.2.3-4
- Fix the <root>
- Update

* Tue Dec 01 2026 John Doe <john@example.org> - 2:1.2.2-1
- First

* without a date
* Tue Dec 32 2026 Nobody <nobody@example.org> - 2:1.2.2-2
"""

BUILT = [
    "python-tree-2:1.2.3-4.fc43.src",
    "python-tree-2:1.2.3-4.fc43.x86_64",
    "python-tree-devel-2:1.2.3-4.fc43.x86_64",
    "libtree-2:1.2.3-4.fc43.noarch",
]

Make = Callable[[Path], tuple[str, bytes]]


def spec_file(directory: Path) -> tuple[str, bytes]:
    return "other.spec", SPEC.encode()


def source_package(directory: Path) -> tuple[str, bytes]:
    return "other-9-9.src.rpm", make_source_package(
        directory, SPEC.replace("3}", "3", 1).replace("%{!?patch:", "")
    ).read_bytes()


EACH_KIND = pytest.mark.parametrize("make", [spec_file, pytest.param(source_package, marks=needs_rpmbuild)])


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr(progress="clock")
    fake.add_project("jdoe/tools", chroots=[F43, F42, I386, AARCH64])
    return fake


def build_to_end(fake: FakeCopr, name: str, content: bytes) -> Build:
    build = upload(fake, name, content)
    fake.clock.tick(10_000)
    return build


def spec(**changes: str) -> bytes:
    """Return a minimal spec with other tags, or more of them."""
    tags = {"Name": "tree", "Version": "1", "Release": "1", **changes}
    return "".join(f"{tag}: {value}\n" for tag, value in tags.items()).encode()


def read(fake: FakeCopr, path: str) -> bytes:
    answer = fake.answer("GET", f"/results/jdoe/tools/{path}")
    assert answer.status == 200, path
    return decompress(answer.body) if path.endswith(".gz") else answer.body


def source_log(fake: FakeCopr) -> str:
    return read(fake, "srpm-builds/00000001/builder-live.log.gz").decode()


@EACH_KIND
def test_packages_are_those_of_the_source(fake: FakeCopr, tmp_path: Path, make: Make) -> None:
    """Whatever the name of the file is; tags in scripts and packages without files do not count."""
    build = build_to_end(fake, *make(tmp_path))
    assert (build.package, build.source.version, build.state) == ("python-tree", "2:1.2.3-4", "succeeded")
    assert [*map(str, build[F43].packages)] == BUILT
    assert build[F43].result_dir == "00000001-python-tree"
    assert {message.body["version"] for message in fake.messages if message.body["chroot"] == F43} == {"2:1.2.3-4"}


def test_uploaded_spec_is_among_the_results(fake: FakeCopr) -> None:
    build_to_end(fake, "other.spec", SPEC.encode())
    assert read(fake, f"{F43}/00000001-python-tree/python-tree.spec") == SPEC.encode()


@EACH_KIND
def test_excluded_architectures_are_skipped(fake: FakeCopr, tmp_path: Path, make: Make) -> None:
    """The chroots appear as skipped in the build and in the monitor."""
    build = build_to_end(fake, *make(tmp_path))
    assert {name: chroot.state for name, chroot in build.items()} == {
        F43: "succeeded",
        F42: "succeeded",
        I386: "skipped",
        AARCH64: "succeeded",
    }
    monitor = json.loads(fake.answer("GET", "/api_3/monitor?ownername=jdoe&projectname=tools").body)
    assert monitor["packages"][0]["chroots"][I386]["state"] == "skipped"


@EACH_KIND
def test_metadata_have_the_changelog(fake: FakeCopr, tmp_path: Path, make: Make) -> None:
    """With the latest entry last, as createrepo_c writes it, also in a fork."""
    build_to_end(fake, *make(tmp_path))
    fork = {"name": "fork", "ownername": "jdoe"}
    headers = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
    assert fake.answer("POST", "/api_3/project/fork/jdoe/tools", headers, json.dumps(fork).encode()).status == 200
    for project in ("tools", "fork"):
        index = fake.answer("GET", f"/results/jdoe/{project}/{F43}/repodata/").body.decode()
        (name,) = {part.split('"')[0] for part in index.split("./") if part.split('"')[0].endswith("-other.xml.gz")}
        other = decompress(fake.answer("GET", f"/results/jdoe/{project}/{F43}/repodata/{name}").body).decode()
        assert other.count("<changelog ") == 2 * len(BUILT)
        latest = (
            '<changelog author="Jane Doe &lt;jane@example.org&gt; - 2:1.2.3-4" date="1796212800">- Fix the &lt;root&gt;'
        )
        assert other.index("John Doe") < other.index(latest)


@pytest.mark.parametrize(
    ("tags", "skipped"),
    [
        ({"ExclusiveArch": "x86_64 noarch"}, {I386, AARCH64}),
        ({"ExclusiveArch": "%{some_arches} x86_64"}, set()),
        ({"ExcludeArch": "aarch64,x86_64"}, {F42, F43, AARCH64}),
        ({"BuildArch": "noarch"}, set()),
    ],
)
def test_architectures_decide_which_chroots_are_skipped(
    fake: FakeCopr, tags: dict[str, str], skipped: set[str]
) -> None:
    """An unknown macro skips nothing, as in Copr."""
    build = build_to_end(fake, "a.spec", spec(**tags))
    assert {name for name, chroot in build.items() if chroot.state == "skipped"} == skipped


def test_long_lines_are_no_tags(fake: FakeCopr) -> None:
    build = build_to_end(fake, "a.spec", spec() + b"Name: " + b"x" * 2_000)
    assert build.package == "tree"


def test_served_source_package_can_be_built_again(fake: FakeCopr) -> None:
    """Like those of older versions of rpm, it has no spec in its header, and builds one package."""
    build_to_end(fake, "any.spec", spec(Version="3", Epoch="0"))
    content = read(fake, f"{F43}/00000001-tree/tree-3-1.src.rpm")
    again = build_to_end(fake, "any.src.rpm", content)
    assert [*map(str, again[F43].packages)] == ["tree-3-1.fc43.src", "tree-3-1.fc43.x86_64"]


def test_release_without_dist_tag_stays_as_it_is(fake: FakeCopr) -> None:
    build = build_to_end(fake, "a.spec", spec(BuildArch="noarch"))
    assert [*map(str, build[F43].packages)] == ["tree-1-1.src", "tree-1-1.noarch"]


def test_rule_matches_the_package_in_the_source(fake: FakeCopr) -> None:
    """And what it decides about the source package takes precedence."""
    fake.on_submit(package="tree", name="bush", version="7-7")
    build = build_to_end(fake, "a.spec", spec())
    assert (build.package, build.source.version) == ("bush", "7-7")
    assert str(build[F43].packages[1]) == "bush-7-7.x86_64"


def test_rule_decides_the_changelog(fake: FakeCopr) -> None:
    """It has the form of one in a spec, and a scenario keeps it."""
    fake.on_submit(changelog="* Wed Dec 02 2026 Jane Doe <jane@example.org> - 1-1\n- Update\n")
    upload(fake, "a.spec", SPEC.encode())
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="clock")
    loaded.clock.tick(10_000)
    (entry,) = loaded.builds[1].source.changelog
    assert entry == (1796212800, "Jane Doe <jane@example.org> - 1-1", "- Update")
    assert b"- Update\0" in read(loaded, f"{F43}/00000001-python-tree/libtree-1.2.3-4.fc43.noarch.rpm")


def test_restored_build_is_read_again(fake: FakeCopr) -> None:
    """A scenario has the file, so its packages are those of the source."""
    upload(fake, "other.spec", SPEC.encode())
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="clock")
    loaded.clock.tick(10_000)
    assert [*map(str, loaded.builds[1][F43].packages)] == BUILT


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("hello.spec", b"", "it has no Name, Version and Release"),
        ("hello.spec", spec(Release="%autorelease"), "its version is not known: '1-%autorelease'"),
        ("hello.spec", spec(Name="%(touch pwned)"), "its name is not known: '%(touch'"),
        ("hello.spec", spec(Name="%{lua:print(1)}"), "its name is not known: '%{lua:print(1)}'"),
        ("hello-1.0-1.src.rpm", b"no package", "it is not an rpm package"),
        ("hello-1.0-1.src.rpm", b"\xed\xab\xee\xdb", "it has no header"),
    ],
)
def test_file_name_decides_for_an_unreadable_source(fake: FakeCopr, name: str, content: bytes, reason: str) -> None:
    """The log of the source build says why."""
    build = build_to_end(fake, name, content)
    assert (build.package, build.source.version, build.state) == ("hello", "1.0-1", "succeeded")
    assert f"WARNING: the name of the file decides, as {reason}\n" in source_log(fake)


LEAD = b"\xed\xab\xee\xdb" + bytes(92)
MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
SIGNED = LEAD + MAGIC + bytes(8) + MAGIC
STRINGS = struct.pack(">II", 1, 1) + struct.pack(">IIII", 1061, 8, 0, 2**31) + b"\0"
MANY = "".join(f"%package number{number}\n" for number in range(10_000)).encode()
NESTED = "".join(f"%global macro{number} %{{macro{number + 1}}}\n" for number in range(18)).encode()
DOUBLED = "".join(f"%global macro{number} {f'%{{macro{number + 1}}}' * 2}\n" for number in range(100)).encode()
USES = "".join(f"%package -n {'%{macro0}' * 60}{number}\n" for number in range(1_500)).encode()

HOSTILE = {
    "gigabytes of header": ("a.src.rpm", SIGNED + struct.pack(">II", 1, 2**31), "its header has 1 tags and 2147483648"),
    "billions of tags": ("a.src.rpm", SIGNED + struct.pack(">II", 2**31, 1), "its header has 2147483648 tags"),
    "billions of values": ("a.src.rpm", SIGNED + STRINGS, "a tag of its header has 2147483648 values"),
    "subpackages": ("a.spec", spec() + MANY, "the spec has more than 2000 tags and subpackages"),
    "loop of macros": ("a.spec", b"%global a %b\n%global b %a\n" + spec(Name="%a"), "too many levels of recursion"),
    "own macro": ("a.spec", b"%define a %{?a}\n" + spec(Name="%a"), "the macro a refers to itself"),
    "doubling macros": ("a.spec", DOUBLED + spec(Name="%macro0"), "too many levels of recursion"),
    "many macros": ("a.spec", spec() + NESTED + USES, "the spec expands more than 50000 macros"),
    "long spec": ("a.spec", spec() + b"\n" * 2_000_000, "the spec has 2000"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_source_fails(fake: FakeCopr, kind: str) -> None:
    """Within seconds; the log of the source build says why."""
    name, content, reason = HOSTILE[kind]
    began = time.process_time()
    build = build_to_end(fake, name, content)
    assert time.process_time() - began < 5
    assert (build.state, build.source_state) == ("failed", "failed")
    assert f"error: {reason}" in source_log(fake)


NUMBER = struct.pack(">II", 1, 4) + struct.pack(">IIII", 1000, 4, 0, 1) + bytes(4)


@pytest.mark.parametrize("header", [struct.pack(">II", 1, 50), bytes(40), NUMBER])
def test_invalid_headers_are_unreadable(header: bytes) -> None:
    """Also ones that end early, lack the name, or have a number in its place."""
    reading = read_source("a.src.rpm", SIGNED + header)
    assert (reading.facts, reading.fails) == (None, False)
    assert "header" in reading.problem


WITHOUT_EXTRA = """
import sys
sys.modules.update(rpmfile=None, pyrpm=None)
from tests.uploads import upload
from copr_chroot_fake import FakeCopr
fake = FakeCopr()
fake.add_project("jdoe/tools", chroots=["fedora-43-x86_64"])
upload(fake, "hello.zip.spec", b"Name: other")
before = {*sys.modules}
build = upload(fake, "hello.spec", b"Name: other")
print([*sys.modules.keys() - before], build.source.reading.problem, build.source.expected_name, sep="\\n")
"""


def test_without_the_extra_nothing_is_imported() -> None:
    """The name of the file decides, and the log says which extra is missing."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=True, timeout=60)
    modules, problem, name = done.stdout.splitlines()
    assert (modules, name) == ("[]", "hello")
    assert problem == "it is not read without the packages of pip install 'copr-chroot-fake[rpm]'"
