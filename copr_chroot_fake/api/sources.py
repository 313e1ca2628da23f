"""The sources of packages and builds: for each type, its form, and the fields that Copr stores.

Packages are configured with the same fields as builds are submitted with.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from ..engine.store import Store
from ..model.source import SourceType
from ..validation.rule import frozen
from . import forms
from .forms import Field, Values, repository_field

PACKAGE_NAME = r"^[-+_.a-zA-Z0-9]+$"

_PYTHON_VERSIONS = ["3", "2"]


@frozen()
class Source:
    """A type of source.

    :param fields: returns the fields of its form.
    :param config: returns what Copr stores, given the form.
    """

    type: SourceType
    fields: Callable[[Store], Mapping[str, Field]]
    config: Callable[[Values, Store], dict[str, object]]


def _scm_fields(store: Store) -> Mapping[str, Field]:
    spec = forms.matches(r"^.+\.spec$", "RPM spec file must end with .spec")
    return {
        "scm_type": forms.default_choice("git", "svn"),
        "clone_url": forms.required_text(forms.web_url),
        "committish": forms.optional_text(),
        "subdirectory": forms.optional_text(),
        "spec": forms.optional_text(spec),
        "srpm_build_method": forms.default_choice("rpkg", "tito", "tito_test", "make_srpm"),
    }


def _scm_config(values: Values, store: Store) -> dict[str, object]:
    names = ("clone_url", "subdirectory", "committish", "spec", "srpm_build_method")
    return {"type": values["scm_type"], **{name: values[name] for name in names}}


def _pypi_fields(store: Store) -> Mapping[str, Field]:
    return {
        "pypi_package_name": forms.required_text(),
        "pypi_package_version": forms.optional_text(),
        "spec_generator": forms.default_choice("pyp2spec", "pyp2rpm"),
        "spec_template": forms.default_choice("", "fedora", "epel7", "mageia", "pld"),
        "python_versions": Field(forms.choices, checks=[forms.some_of(_PYTHON_VERSIONS)]),
    }


def _gem_fields(store: Store) -> Mapping[str, Field]:
    return {"gem_name": forms.required_text()}


def _unix_lines(script: Any) -> Any:
    """Convert the line endings of a script from a browser to those of Unix."""
    if not script:
        return script
    if script.split("\n")[0].endswith("\r"):
        script = script.replace("\r\n", "\n")
    return script if script.endswith("\n") else f"{script}\n"


def _custom_fields(store: Store) -> Mapping[str, Field]:
    active = store.active_chroots
    latest = {f"fedora-latest-{_arch(name)}" for name in active if name.startswith("fedora-") and name.count("-") == 2}
    too_long = "Maximum script size is 4kB"
    return {
        "script": Field(
            forms.text, filters=[_unix_lines], validators=[forms.required(), forms.no_longer_than(4096, too_long)]
        ),
        "builddeps": forms.optional_text(),
        "repos": repository_field(store),
        "chroot": Field(forms.choice, "fedora-latest-x86_64", checks=[forms.one_of({*latest, *active})]),
        "resultdir": forms.optional_text(),
    }


def _arch(chrootname: str) -> str:
    return chrootname.rpartition("-")[2]


def _distgit_fields(store: Store) -> Mapping[str, Field]:
    known = store.dist_gits
    default = next(iter(known))
    return {
        "package_name": package_name_field(),
        "distgit": Field(
            forms.choice,
            filters=[lambda value: default if forms.null_if_none(value) is None else value],
            checks=[forms.one_of(known)],
            validators=[forms.valid_if(known.__contains__, f"DistGit ID must be one of: {', '.join(known)}")],
        ),
        "committish": forms.optional_text(),
        "namespace": forms.optional_text(filters=[lambda value: posixpath.normpath(value) if value else None]),
    }


def _distgit_config(values: Values, store: Store) -> dict[str, object]:
    package, namespace = values["package_name"], values["namespace"]
    path = f"{namespace}/rpms" if namespace else "rpms"
    config = {"clone_url": f"{store.dist_gits[values['distgit']]}/{path}/{package}"}
    return config | {name: values[name] for name in ("distgit", "namespace", "committish") if values[name]}


def _fields_named(names: str) -> Callable[[Values, Store], dict[str, object]]:
    """Return a function that returns the values of some fields."""
    return lambda values, store: {name: values[name] for name in names.split()}


_PYPI_NAMES = "pypi_package_name pypi_package_version spec_generator spec_template python_versions"


SOURCES: Mapping[str, Source] = {
    source.type: source
    for source in (
        Source("scm", _scm_fields, _scm_config),
        Source("pypi", _pypi_fields, _fields_named(_PYPI_NAMES)),
        Source("rubygems", _gem_fields, _fields_named("gem_name")),
        Source("custom", _custom_fields, _fields_named("script chroot builddeps resultdir repos")),
        Source("distgit", _distgit_fields, _distgit_config),
    )
}
"""The types of sources that a package can have."""


def package_name_field() -> Field:
    message = f"Please enter a valid package name in {PACKAGE_NAME}"
    return Field(forms.stripped_text, validators=[forms.matches(PACKAGE_NAME, message), forms.no_longer_than(100)])


def latest_fedora(config: Mapping[str, object], store: Store) -> dict[str, object]:
    """Return the source of a custom build with the newest Fedora in place of ``fedora-latest``.

    :raises LookupError: if there is no such chroot; Copr crashes then.
    """
    chroot = str(config.get("chroot"))
    if "fedora-latest" not in chroot:
        return dict(config)
    arch = _arch(chroot)
    found = [
        name
        for name in store.active_chroots
        if name.startswith("fedora-") and name.endswith(f"-{arch}") and name.split("-")[1] not in ("rawhide", "eln")
    ]
    if not found:
        raise LookupError(chroot)
    return {**config, "chroot": max(found, key=lambda name: name.split("-")[1])}
