"""Every public callable with hostile values: it accepts them, or raises an error that names the parameter."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import cache
from importlib import import_module
from itertools import count, product
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from faker import Generator

import copr_chroot_fake as kit
from copr_chroot_fake import CoprFakeError, FakeCopr, InputError, ScenarioError
from copr_chroot_fake.cli import main
from copr_chroot_fake.cli_output import Failure

from .chroots import F41
from .examples import sample
from .hostile import HOSTILE
from .scenarios.examples import WHOLE

VALID: Mapping[str, Any] = {
    "address": "http://copr.test",
    "arch": "x86_64",
    "bytes": 1,
    "body": b"",
    "build_id": 1,
    "builds": 1,
    "chroot": F41,
    "chrootname": F41,
    "chroots": [F41],
    "content": "text",
    "endpoint": "build-chroot",
    "every": 1,
    "fault": "outage",
    "full_name": "jdoe/playground",
    "headers": (),
    "mode": "poll",
    "id": 5,
    "minimum": 1,
    "login": "login",
    "median": 2,
    "method": "GET",
    "maximum": 3,
    "name": "name",
    "names": "fedora-42-x86_64",
    "now": 2_000_000_000,
    "number": 0,
    "ownername": "jdoe",
    "path": "build/1",
    "projectname": "tools",
    "release": "1",
    "rule": 1,
    "seconds": 1,
    "seed": 1,
    "sigma": 1,
    "source": {},
    "state": "running",
    "stages": kit.Stage("running"),
    "status": 200,
    "target": "/api_3/",
    "text": "hello-1-1.src",
    "token": "token",
    "version": "1",
}
"""A valid value for each parameter that has no default, by its name."""

_ENDED = {"build_id": 2, "chrootname": F41}
_TRANSPORT = {"transport": httpx.MockTransport(lambda request: httpx.Response(404))}

OTHERWISE: Mapping[str, Mapping[str, Any]] = {
    # Without a transport, a client makes an SSL context, which takes long.
    **dict.fromkeys(("CoprClient", "AsyncCoprClient"), _TRANSPORT),
    **dict.fromkeys(("CoprClient.wait", "AsyncCoprClient.wait"), _ENDED),
    "CoprFakeControl": {"url": "http://127.0.0.1:1"},
    "FakeCopr.add_account": {"login": "another"},
    "FakeCopr.add_group": {"name": "@tools", "fas_name": "tools"},
    "Group": {"name": "@tools", "fas_name": "tools"},
    "FakeCopr.add_project": {"project": "jdoe/tools"},
    "FakeCopr.on_submit": {"lifecycle": "fails"},
    "FakeCopr.on_request": {"callback": print},
    "FakeCopr.from_options": {"options": kit.FakeOptions()},
    "Build.add_chroot": {"name": "fedora-42-x86_64"},
    "BuildChroot.hold": {"state": "succeeded"},
    "Fault": {"status": 500},
    "Progress.polls_needed": {"state": kit.State.RUNNING},
    "Lifecycle.plan": {"seed": "seed"},
}
"""Other valid values for single callables."""

WITHOUT = r"Actor(\.act)?|.*Errors?|Clock.*|CoprFakeControl\..*|Build\.get|Subscription"
"""Callables that are not tested: what only the kit itself makes, a protocol, methods whose arguments a
server checks, and a method of a mapping."""

NAMES = (Path(__file__).parent / "public_names.txt").read_text().splitlines()
CALLABLES = [found[1] for name in NAMES if (found := re.match(r"copr_chroot_fake\.([\w.]+)\((?!\))", name))]
"""Every public callable with parameters, from public_names.txt."""


CHANGING = {
    *("Account", "Build", "BuildChroot", "FakeCopr", "Faults", "Project", "SourceBuild", "SubmissionRules"),
    "VirtualClock",
}
"""Classes whose methods can change a fake."""


def _no_sleep(seconds: float) -> None:
    """Return at once; the time of a client is a counter."""


class World:
    """A fake with an object of each kind."""

    def __init__(self) -> None:
        self.restore()

    def restore(self) -> None:
        """Have a new fake."""
        self.fake = fake = FakeCopr()
        fake.add_account("jdoe", "jdoe-login", "secret", ["@copr"])
        fake.add_group("@copr")
        build = fake.add_build([F41, "fedora-43-x86_64"], id=1, lifecycle="realistic")
        fake.builds[1]["fedora-43-x86_64"].hold("running")
        fake.add_build({F41: "succeeded"}, id=2)
        fake.on_submit(lifecycle="fails")
        self.before = self.now()
        self._made: Mapping[str, Callable[[], object]] = {
            "Account": lambda: fake.accounts[0],
            "Build": lambda: build,
            "BuildChroot": lambda: build[F41],
            "Faults": lambda: fake.faults,
            "FakeCopr": lambda: fake,
            "Project": lambda: fake.projects["jdoe/playground"],
            "SourceBuild": lambda: build.source,
            "SubmissionRules": lambda: fake.submission_rules,
            "VirtualClock": lambda: fake.clock,
            "SystemClock": kit.SystemClock,
            "CoprProvider": lambda: kit.CoprProvider(Generator().seed_instance(1)),
            "Lifecycle": lambda: kit.LIFECYCLES["realistic"],
            "Progress": lambda: kit.Progress("poll"),
            "Uniform": lambda: kit.Uniform(1, 2),
            "LogNormal": lambda: kit.LogNormal(2, 1, 1, 3),
            "CoprClient": lambda: kit.CoprClient(transport=fake.transport, sleep=_no_sleep, now=count().__next__),
            "AsyncCoprClient": lambda: kit.AsyncCoprClient(
                transport=fake.transport, sleep=_no_sleep, now=count().__next__
            ),
        }

    def now(self) -> str:
        """All that the fake is."""
        fake = self.fake
        return json.dumps([fake.to_scenario(), fake.seed, fake.results_url, repr(fake.accounts), repr(fake.requests)])

    def has_changed(self) -> bool:
        return self.now() != self.before

    def find(self, path: str) -> Callable[..., object]:
        """A callable, of an instance where it is a method."""
        *way, last = path.split(".")
        owner: Any = kit
        for name in way:
            owner = import_module(f"{owner.__name__}.{name}") if name.islower() else getattr(owner, name)
        if isinstance(owner, type) and inspect.isfunction(inspect.getattr_static(owner, last)):
            owner = self._made[owner.__name__]()
        found: Callable[..., object] = getattr(owner, last)
        return found


@cache
def parameters_of(path: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(World().find(path)).parameters


def attacks(path: str) -> Iterator[tuple[str, str]]:
    """Each parameter with each value."""
    for parameter in parameters_of(path):
        for value, make in HOSTILE.items():
            # Errors of a callback are the caller's.
            if parameter != "on_progress" or not callable(make()):
                yield parameter, value


def call(called: Callable[..., object], path: str, attacked: str, value: object) -> None:
    """Call a callable with a value for one parameter, and valid values for the required ones."""
    otherwise = OTHERWISE.get(path, {})
    positional: list[object] = []
    named: dict[str, object] = {}
    for name, parameter in parameters_of(path).items():
        if parameter.kind is parameter.VAR_KEYWORD:
            named |= {name: value} if name == attacked else {}
        elif name == attacked or name in otherwise or parameter.default is parameter.empty:
            given = value if name == attacked else otherwise.get(name, VALID.get(name))
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = given
            else:
                positional.append(given)
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            positional.append(parameter.default)
    use(called(*positional, **named))


def use(result: object) -> None:
    """Use a result, because some only then do their work."""
    if isinstance(result, AbstractContextManager):
        with result:
            pass
    elif inspect.isgenerator(result):
        list(result)
    elif inspect.iscoroutine(result):
        asyncio.run(result)
    elif inspect.isasyncgen(result):
        asyncio.run(_exhaust(result))


async def _exhaust(items: AsyncIterator[object]) -> None:
    async for _ in items:
        pass


def problem_with(world: World, path: str, parameter: str, value: str) -> str | None:
    """Return a description of the problem if a callable handles a value badly."""
    raised: Exception | None = None
    try:
        call(world.find(path), path, parameter, HOSTILE[value]())
    except AssertionError as error:
        if "assert_" not in path:
            return f"raises {error!r}"
    except CoprFakeError as error:
        raised = error
        if (wrong := wrong_with_message(error, parameter)) is not None:
            return wrong
    except Exception as error:
        return f"raises {type(error).__name__}: {str(error)[:100]}"
    if path.split(".")[0] not in CHANGING or not world.has_changed():
        return None
    if raised is not None:
        return f"has changed the fake, and then raised {raised}"
    try:
        FakeCopr.from_scenario(json.loads(json.dumps(world.fake.to_scenario())))
    except Exception as error:
        return f"was taken, and cannot be loaded again: {error}"
    # Restore the fake for the next value.
    world.restore()
    return None


def wrong_with_message(error: CoprFakeError, parameter: str) -> str | None:
    message = str(error)
    if isinstance(error, ScenarioError):
        # It names the file, and the location in it.
        parameter = "source" if parameter != "source" else ""
    if len(message) > 2000 or not message.isprintable():
        return f"has no short line for a message: {message[:200]!r}"
    # What is too long for a URL is named together with the other arguments of a request.
    is_named = parameter in message or message.startswith("arguments: cannot be part of a URL")
    if isinstance(error, InputError) and not is_named:
        return f"does not name the parameter: {message}"
    return None


@pytest.mark.sampled
@pytest.mark.parametrize("path", [path for path in CALLABLES if not re.fullmatch(WITHOUT, path)])
def test_hostile_values_are_accepted_or_rejected(path: str) -> None:
    """Only documented errors are raised. Each names the parameter, and a rejected call changes nothing."""
    problems = []
    world = World()
    for parameter, value in sample(attacks(path)):
        problem = problem_with(world, path, parameter, value)
        if problem is not None:
            problems.append(f"{parameter}, {value}: {problem}")
            world.restore()
    assert not problems, "\n".join(problems)


def test_build_lookup_survives_hostile_keys() -> None:
    build = FakeCopr().add_build([F41], id=1)
    for name, make in HOSTILE.items():
        key = make()
        if "enum chroot" in name or "broken text" in name:
            assert build[key].name == F41
        else:
            with pytest.raises(KeyError, match=r"build 1 has no chroot .*; it has fedora-41-x86_64"):
                build[key]


def test_speed_of_a_clock_is_checked_when_it_is_set() -> None:
    clock = kit.SystemClock()
    for name, make in HOSTILE.items():
        try:
            clock.speed = make()
        except InputError as error:
            assert wrong_with_message(error, "speed") is None, name  # noqa: PT017  # the call may also succeed
        assert 0 < clock.speed < 2**31
        assert type(clock.speed) in (int, float)


def test_next_build_id_is_checked_when_it_is_set() -> None:
    fake = FakeCopr()
    for name, make in HOSTILE.items():
        try:
            fake.next_build_id = make()
        except InputError as error:
            assert wrong_with_message(error, "next_build_id") is None, name  # noqa: PT017  # the call may also succeed
        assert type(fake.next_build_id) is int


def locations_in(value: object, location: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield each value with its location, without the root."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*location, key)
        yield from locations_in(item, (*location, key))


def commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Each command by its path."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context := click.Context(command)):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(f"{path} {name}".strip(), inner)


SECTIONS: Mapping[str, Mapping[str, Any]] = {
    **{key: {key: WHOLE[key]} for key in WHOLE if key != "builds"},
    # The second build is like the first one.
    **{f"builds[{at}]": {"batches": WHOLE["batches"], "builds": [WHOLE["builds"][at]]} for at in (0, 2)},
}
"""Each section of the scenario, with the objects that it refers to; parsing only these is much faster."""


@pytest.mark.sampled
@pytest.mark.parametrize("section", SECTIONS)
def test_hostile_values_in_a_scenario_are_rejected(section: str) -> None:
    """Rejected scenarios add nothing; accepted ones can be dumped and loaded."""
    document = SECTIONS[section]
    FakeCopr.from_scenario(document)
    problems = [
        f"{'.'.join(map(str, place))}, {value}: {problem}"
        for place, value in sample(product(locations_in(document), HOSTILE))
        if (problem := problem_with_scenario(with_value(document, place, HOSTILE[value]())))
    ]
    assert not problems, "\n".join(problems)


def with_value(document: Any, place: tuple[str | int, ...], value: object) -> Any:
    """Return a document with another value at a place; it shares everything else."""
    key, *inner = place
    copied = document.copy()
    copied[key] = with_value(document[key], tuple(inner), value) if inner else value
    return copied


def problem_with_scenario(document: object) -> str | None:
    fake = FakeCopr()
    try:
        fake.add_scenario(document)  # type: ignore[arg-type]  # it is hostile
    except ScenarioError as error:
        added = "" if not fake.builds and not fake.projects else "has added something, and is rejected"
        return wrong_with_message(error, "source") or added
    except Exception as error:
        return f"raises {error!r}"
    try:
        FakeCopr.from_scenario(json.loads(json.dumps(fake.to_scenario())))
    except Exception as error:
        return f"was taken, and cannot be loaded again: {error}"
    return None


OPTIONS = [
    (path, option.opts[0])
    for path, command in commands("", main)
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_hostile_command_line_options_are_rejected(path: str, option: str) -> None:
    """Only the command line is parsed; no command runs."""
    command = dict(commands("", main))[path]
    texts = [made for make in HOSTILE.values() if type(made := make()) is str and made.isprintable()]
    for text in [
        *texts,
        "nan",
        "inf",
        "-inf",
        "1e999",
        "-1",
        "\u0663",
        "none",
        "\n",
        "\udcff",
        ":",
        "a:b:c:d",
        "a:b:c:@",
    ]:
        with suppress(click.UsageError, Failure):
            command.make_context("command", [option, text])
