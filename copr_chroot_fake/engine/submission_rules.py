"""Rules that decide what happens to submitted builds; of several that match, the first applies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..model import defaults
from ..model.lifecycle import DEFAULT_LIFECYCLE, LIFECYCLES, Lifecycle
from ..model.shell_pattern import ShellPattern
from ..scenario.spec import OutcomeSpec, SubmissionRuleSpec
from ..validation import checks
from ..validation.spec import dump
from .counted import CountedItems, count

if TYPE_CHECKING:
    from .build import Build

Condition = Callable[["Build"], bool]
"""A function that says whether a rule applies to a build, which is not in the fake yet."""

_SUCCEEDS = LIFECYCLES[DEFAULT_LIFECYCLE]
_OF_A_SAVED_RULE = ("id", "seen", "hits")


@dataclass(eq=False, repr=False)
class SubmissionRule:
    """A rule that was added to a fake.

    :param seen: the number of submitted builds so far that match it, whatever its ``nth`` is.
    :param hits: the number of those that it has applied to.
    :param outcome: what happens to each chroot.
    """

    id: int
    rule: SubmissionRuleSpec
    when: Condition | None = None
    seen: int = 0
    hits: int = 0
    _matches_chroot: Callable[[str], object] | None = field(init=False, repr=False)
    outcome: OutcomeSpec = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pattern = self.rule.chroot
        # Builds share it, to save time and memory.
        rule = self.rule
        self.outcome = OutcomeSpec(lifecycle=rule.lifecycle or _SUCCEEDS, packages=rule.packages, results=rule.results)
        self._matches_chroot = None if pattern is None else ShellPattern(pattern).matches

    def __repr__(self) -> str:
        return f"<SubmissionRule {self.id}: {', '.join(f'{name} {value}' for name, value in dump(self.rule).items())}>"

    def matches(self, build: Build) -> bool:
        """Whether it matches a build, apart from its chroots and the number of submissions."""
        return not any(self._differences(build)) and (self.when is None or bool(self.when(build)))

    def _differences(self, build: Build) -> Iterator[tuple[str, Collection[str]]]:
        """Yield the conditions that a build does not meet, each with what the build has."""
        for name, read in _CONDITIONS.items():
            pattern: str | None = getattr(self.rule, name)
            if pattern is not None and not _any_matches(pattern, texts := read(build)):
                yield name, texts

    def closest(self, builds: Iterable[Build]) -> str:
        """Return the submitted build that meets most conditions, and what differs; empty without one."""
        submitted = (build for build in builds if build.source.lifecycle is not None)
        compared = [(build.id, [*self._differences(build)]) for build in submitted]
        different = [pair for pair in compared if pair[1]]
        if not different:
            return ""
        build_id, differences = min(different, key=lambda pair: len(pair[1]))
        has = ", ".join(f"{name} {' or '.join(map(checks.excerpt, texts)) or 'none'}" for name, texts in differences)
        return f"build {build_id} has {has}"

    def matching(self, chrootnames: Collection[str]) -> Collection[str]:
        """Return the chroots that it matches."""
        matches = self._matches_chroot
        return chrootnames if matches is None else [name for name in chrootnames if matches(name)]

    def __str__(self) -> str:
        """Return its fields, for messages."""
        given = {name: value for name, value in dump(self.rule).items() if name not in _OF_A_SAVED_RULE}
        if self.rule.lifecycle is not None:
            given["lifecycle"] = _name_of(self.rule.lifecycle)
        if self.when is not None:
            given["when"] = self.when
        return ", ".join(f"{name} {checks.excerpt(value)}" for name, value in given.items())


def _any_matches(pattern: str, texts: Collection[str]) -> bool:
    """Whether one of the texts is this one, or matches it as a pattern."""
    # Names of projects and branches in a fake may have brackets.
    return pattern in texts or any(map(ShellPattern(pattern).matches, texts))


def _projects_of(build: Build) -> Collection[str]:
    """Return the full name of a build's project, and that of its directory."""
    return dict.fromkeys((build.project.full_name, f"{build.project.ownername}/{build.project_dirname}"))


def _packages_of(build: Build) -> Collection[str]:
    """Return the name of a submitted build's package, or the one that its source will probably have."""
    return [build.stored_package or build.source.expected_name or defaults.PACKAGE]


def _urls_of(build: Build) -> Collection[str]:
    """Return the URLs of a build's source, and the name of an uploaded file."""
    config = build.source.config
    return [str(config[name]) for name in ("clone_url", "url", "pkg") if config.get(name)]


_CONDITIONS: Mapping[str, Callable[[Build], Collection[str]]] = {
    "project": _projects_of,
    "source_type": lambda build: [build.source.type],
    "submitter": lambda build: [build.submitter or ""],
    "package": _packages_of,
    "committish": lambda build: [str(build.source.config.get("committish") or "")],
    "url": _urls_of,
}
"""The conditions that are texts or patterns, each with what a build has for it."""


def _name_of(lifecycle: Lifecycle) -> object:
    return next((name for name, named in LIFECYCLES.items() if named == lifecycle), lifecycle)


class SubmissionRules(CountedItems[SubmissionRule]):
    """The rules for submitted builds, in the order in which they apply."""

    def add(self, spec: SubmissionRuleSpec, when: Condition | None = None) -> SubmissionRule:
        """Add a rule after the others; it gets another id if another rule has its own."""
        with self.lock:
            number = self._give_id(spec.id)
            rule = SubmissionRule(number, replace(spec, id=None, seen=0, hits=0), when, spec.seen, spec.hits)
            self.active[number] = rule
            return rule

    def remove(self, rule: int | SubmissionRule) -> None:
        """Remove a rule, by its id or as returned by :meth:`FakeCopr.on_submit`.

        :raises InputError: if there is no such rule.
        """
        self._remove("rule", "rule", rule, SubmissionRule)

    def __repr__(self) -> str:
        return f"<SubmissionRules: {checks.counted(len(self), 'rule')}>"

    @property
    def ids(self) -> Collection[int]:
        """The ids of the rules."""
        return self.active.keys()

    def apply(self, build: Build) -> None:
        """Let the first rule that matches the source build, and the first for each chroot, decide what happens to them.

        A rule for some chroots leaves the source build and the others to later rules. Each rule that matches counts the
        build, also if earlier rules decide. If a function of a rule raises an exception, nothing is counted.
        """
        source = build.source
        source.lifecycle = _SUCCEEDS
        if not self.active:
            return
        outcomes: dict[str, OutcomeSpec] = {}
        names = undecided = build.names or build.allowed_chroots
        is_decided = False
        matching = [active for active in self if active.matching(names) or active.rule.chroot is None]
        for active in [active for active in matching if active.matches(build)]:
            rule = active.rule
            own = active.matching(undecided)
            is_next = rule.nth in (None, min(active.seen + 1, checks.LARGEST_INTEGER))
            applies = is_next and not is_decided and (rule.chroot is None or bool(own))
            count(active, hit=applies)
            if not applies:
                continue
            if any(given is not None for given in (rule.chroot, rule.packages, rule.results)):
                outcomes.update(dict.fromkeys(own, active.outcome))
            if rule.chroot is None:
                source.lifecycle = active.outcome.lifecycle
                source.progress = rule.progress or source.progress
                source.planned_name, source.planned_version = rule.name, rule.version
                source.planned_changelog = rule.changelog
                is_decided = True
            undecided = [name for name in undecided if name not in own]
        if outcomes:
            source.outcomes = outcomes

    def write(self) -> list[dict[str, object]]:
        """Return objects that parse back to the same rules; those with a function cannot be written."""
        with self.lock:
            return [dump_rule(rule) for rule in self if rule.when is None]


def dump_rule(rule: SubmissionRule) -> dict[str, object]:
    """Return a rule with its id and its counts."""
    return dump(replace(rule.rule, id=rule.id, seen=rule.seen, hits=rule.hits))
