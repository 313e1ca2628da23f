"""Forms: reading the fields of a request that writes, and the errors in them.

Copr uses WTForms. A form reads each field, filters its value, and then validates all of them, so that a response names
every invalid field. The rules of its validators are WTForms' own, those of the forms are in the modules that use them.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlparse

from ..engine.store import Store
from ..errors import InputError
from ..validation import checks
from ..validation.rule import frozen
from ..wire.answer import ApiError, crashing_on
from .bodies import RequestBody, Upload

Values = Mapping[str, Any]
"""The values of a form by the name of the field."""

FormData = Mapping[str, Sequence[object]]
"""The values sent for each field."""


class Invalid(Exception):
    """A value is invalid; the field's other validators still run."""


class Stop(Exception):
    """No other validator of the field runs; the message, if any, replaces the field's errors."""


class Given(NamedTuple):
    """The input of a validator: the values sent for the field, its value, and the values of all fields."""

    sent: Sequence[object]
    value: Any
    values: Values


Reader = Callable[[Sequence[object], Any], Any]
Validator = Callable[[Given], None]


@frozen()
class Field:
    """A field of a form.

    :param read: returns its value, given the sent values and the default; raises Invalid.
    :param checks: run first, whatever the other validators say.
    """

    read: Reader
    default: Any = None
    filters: Sequence[Callable[[Any], Any]] = ()
    checks: Sequence[Validator] = ()
    validators: Sequence[Validator] = ()


class Filled(NamedTuple):
    """A form with its values, and the errors of each invalid field."""

    values: dict[str, Any]
    errors: dict[str, list[str]]

    def raise_as_lines(self) -> None:
        """Reject invalid values with a line for each error.

        :raises ApiError: 400.
        """
        if self.errors:
            lines = [f"{name}: {message}" for name, messages in self.errors.items() for message in messages]
            raise ApiError(400, "\n".join(lines))

    def raise_as_dictionary(self) -> None:
        """Reject invalid values with the text of a Python dictionary, as ``build/create`` does.

        :raises ApiError: 400.
        """
        if self.errors:
            raise ApiError(400, f"Bad request parameters: {self.errors}")


def read_form(fields: Mapping[str, Field], data: FormData) -> Filled:
    """Return the values of a form and the errors in them.

    :raises ApiError: 500 for a value of a type that Copr does not expect.
    """
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {name: [] for name in fields}
    with crashing_on(TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        for name, form_field in fields.items():
            values[name] = _read(form_field, data.get(name, ()), problems[name])
        for name, form_field in fields.items():
            problems[name] = _validate(form_field, Given(data.get(name, ()), values[name], values), problems[name])
    return Filled(values, {name: messages for name, messages in problems.items() if messages})


def _read(form_field: Field, sent: Sequence[object], problems: list[str]) -> Any:
    try:
        value = form_field.read(sent, form_field.default)
    except Invalid as error:
        problems.append(str(error))
        value = None
    for apply in form_field.filters:
        value = apply(value)
    return value


def _validate(form_field: Field, given: Given, problems: list[str]) -> list[str]:
    for validate in (*form_field.checks, *form_field.validators):
        try:
            validate(given)
        except Invalid as error:
            problems.append(str(error))
        except Stop as stop:
            return [str(stop)] if str(stop) else []
    return problems


def form_data(
    body: RequestBody,
    preserved: Iterable[str] = (),
    renamed: Mapping[str, str] | None = None,
    separators: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Sequence[object]]:
    """Return the values sent for each field: lists become texts, unless preserved, and null counts as not sent.

    :param renamed: Copr's own names of fields, by those of its API.
    :param separators: the separators of joined lists by field; a space for the others.
    :raises ApiError: 500 for JSON that is no object.
    """
    data: dict[str, Sequence[object]] = {}
    for key, value in body.fields().items():
        if value is None:
            continue
        sent: Sequence[object] = [value]
        if isinstance(value, list):
            sent = value if key in preserved else [separators.get(key, " ").join(map(str, value))]
        if sent:
            data[key] = sent
    data.update({name: [file] for name, file in body.files.items()})
    for old, new in (renamed or {}).items():
        if old in data:
            data[new] = data.pop(old)
    return data


# Values that Copr's database cannot store. Forms do not check them, so Copr fails.


def require_storable(values: Iterable[object]) -> None:
    """Reject texts with a NUL or an unpaired surrogate, and numbers above 32 bits, also inside tuples.

    :raises ApiError: 500.
    """
    for value in values:
        if isinstance(value, tuple):
            require_storable(value)
        elif isinstance(value, str):
            if not checks.is_storable(value):
                raise ApiError(500)
        elif isinstance(value, int) and value > checks.LARGEST_INTEGER:
            raise ApiError(500)


def require_json(config: Mapping[str, object]) -> None:
    """Reject fields of a source that JSON cannot represent, or that are nested too deeply for a scenario.

    :raises ApiError: 500.
    """
    with crashing_on(InputError):
        checks.json_object("", config)


def as_text(value: Any) -> str | None:
    """Return a value as a text column stores it; numbers and booleans become text.

    :raises ApiError: 500 for an object.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise ApiError(500)


# Readers.


def text(sent: Sequence[object], default: Any) -> Any:
    return sent[0] if sent else default


def stripped_text(sent: Sequence[object], default: Any) -> Any:
    """Read a text without the white space around it."""
    value = text(sent, default)
    return value.strip() if isinstance(value, str) else value


def integer(sent: Sequence[object], default: Any) -> Any:
    if not sent:
        return default
    value: Any = sent[0]
    try:
        # Copr rejects an object as it does a text, and fails with an infinite number.
        return int("" if isinstance(value, dict) else value)
    except ValueError:
        raise Invalid("Not a valid integer value.") from None


_FALSE: frozenset[object] = frozenset({False, "false", ""})


def boolean(sent: Sequence[object], default: Any) -> bool:
    """Read a checkbox, which is false unless it was sent."""
    return bool(sent) and sent[0] not in _FALSE


def optional_boolean(sent: Sequence[object], default: Any) -> bool | None:
    """Read a checkbox that may not have been sent."""
    return boolean(sent, default) if sent else None


def choice(sent: Sequence[object], default: Any) -> Any:
    return str(sent[0]) if sent else default


def choices(sent: Sequence[object], default: Any) -> list[str]:
    return [str(value) for value in sent]


def file(sent: Sequence[object], default: Any) -> Upload | None:
    """Read an uploaded file; a text in its place counts as none."""
    return sent[0] if sent and isinstance(sent[0], Upload) and sent[0].filename else None


# Filters.


def null_if_blank(value: Any) -> Any:
    return None if value is None or value.strip() == "" else value


def null_if_none(value: Any) -> Any:
    """Read the text None as null, as forms in browsers send it."""
    return None if value in (None, "None") else value


def one_per_line(value: Any) -> str:
    """Separate the words of a list by line feeds."""
    return re.sub(r"\s+", "\n", value.strip()) if value else ""


# Validators.


def is_filled(sent: Sequence[object]) -> bool:
    """Return whether a field was sent, and is not blank."""
    return bool(sent) and not (isinstance(sent[0], str) and not sent[0].strip())


def optional(given: Given) -> None:
    """Accept a field that was not sent, or is blank."""
    if not is_filled(given.sent):
        raise Stop


def required(message: str = "This field is required.") -> Validator:
    def validate(given: Given) -> None:
        if not given.value or (isinstance(given.value, str) and not given.value.strip()):
            raise Stop(message)

    return validate


def valid_if(is_valid: Callable[[Any], object], message: str) -> Validator:
    """Return a validator of a value by a condition."""

    def validate(given: Given) -> None:
        if not is_valid(given.value):
            raise Invalid(message)

    return validate


def in_range(minimum: int, maximum: int | None = None) -> Validator:
    expected = f"at least {minimum}" if maximum is None else f"between {minimum} and {maximum}"
    last = math.inf if maximum is None else maximum
    return valid_if(lambda value: value is not None and minimum <= value <= last, f"Number must be {expected}.")


def matches(pattern: str, message: str) -> Validator:
    compiled = re.compile(pattern)
    return valid_if(lambda value: compiled.match(value or ""), message)


def no_longer_than(maximum: int, message: str | None = None) -> Validator:
    message = message or f"Field cannot be longer than {maximum} characters."
    return valid_if(lambda value: not value or len(value) <= maximum, message)


def one_of(allowed: Iterable[str]) -> Validator:
    return valid_if(frozenset(allowed).__contains__, "Not a valid choice.")


def some_of(allowed: Iterable[str]) -> Validator:
    known = frozenset(allowed)

    def validate(given: Given) -> None:
        wrong = [value for value in given.value if value not in known]
        if wrong:
            raise Invalid(not_choices(dict.fromkeys(wrong)))

    return validate


def not_choices(values: Iterable[str]) -> str:
    """Return the message about invalid choices."""
    names = [*values]
    listed = ", ".join(f"'{name}'" for name in names)
    return f"{listed} {'is not a valid choice' if len(names) == 1 else 'are not valid choices'} for this field."


_URL = re.compile(r"[a-z]+://(?P<host>[^/?:]+)(?::[0-9]+)?(?:[/?].*)?$", re.IGNORECASE)
_HOST_PART = re.compile(r"(?:xn-|[a-z0-9_]+)(?:-[a-z0-9_-]+)?$", re.IGNORECASE)
_TOP_LEVEL_DOMAIN = re.compile(r"(?:[a-z]{2,20}|xn--(?:[a-z0-9]+-)*[a-z0-9]+)$", re.IGNORECASE)


def url(given: Given) -> None:
    """Accept the URLs that WTForms accepts, whatever their scheme."""
    match = _URL.match(given.value or "")
    if match is None or not _is_host(match["host"]):
        raise Invalid("Invalid URL.")


def web_url(given: Given) -> None:
    """Accept http and https URLs, from which Copr clones."""
    url(given)
    if urlparse(given.value).scheme not in ("http", "https"):
        raise Invalid("Invalid URL.")


def _is_host(host: str) -> bool:
    with suppress(ValueError):
        ipaddress.IPv4Address(host)
        return True
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    parts = host.split(".")
    if len(host) > 253 or len(parts) < 2 or _TOP_LEVEL_DOMAIN.match(parts[-1]) is None:
        return False
    return all(0 < len(part) <= 63 and _HOST_PART.match(part) is not None for part in parts)


_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?P<domain>(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})$")
_RESERVED_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")


def email_or_url(given: Given) -> None:
    match = _EMAIL.match(given.value or "")
    if match is not None and match["domain"].rpartition(".")[2].lower() not in _RESERVED_DOMAINS:
        return
    try:
        url(given)
    except Invalid:
        raise Invalid("Contact must be email address or URL") from None


NO_URL = "A list of http[s] URLs separated by whitespace characters is needed ('{}' doesn't seem to be a valid URL)."


def each_url(is_valid: Callable[[Any], bool], message: str = NO_URL) -> Validator:
    """Validate each URL of a list; the first invalid one is named."""

    def validate(given: Given) -> None:
        for word in given.value.split():
            if not is_valid(urlparse(word)):
                raise Invalid(message.format(word))

    return validate


def is_web_url(parsed: Any) -> bool:
    return parsed.scheme.startswith("http") and bool(parsed.netloc)


def is_repository(parsed: Any) -> bool:
    """Whether a URL is that of a repository, or ``copr://owner/project``."""
    if parsed.scheme not in ("http", "https", "copr") or not parsed.netloc:
        return False
    return bool(parsed.scheme != "copr" or parsed.path.partition("/")[2].partition("/")[0])


# Fields.


def required_text(*validators: Validator) -> Field:
    return Field(stripped_text, validators=[required(), *validators])


def optional_text(*validators: Validator, filters: Sequence[Callable[[Any], Any]] = ()) -> Field:
    return Field(stripped_text, filters=filters, validators=[optional, *validators])


def default_choice(default: str, *others: str) -> Field:
    """Return a field for one of several texts, the first of which is the default."""
    return Field(choice, default, checks=[one_of((default, *others))])


def optional_choice(*allowed: str, blank: str | None = None) -> Field:
    """Return a field for one of several texts; the text None counts as not sent.

    :param blank: the value of a blank text, which by default counts as not sent, too.
    """

    def read_blank(value: str | None) -> str | None:
        return value if value is None or value.strip() else blank

    return Field(choice, filters=[read_blank, null_if_none], checks=[one_of(allowed)], validators=[optional])


def repository_field(store: Store) -> Field:
    """Return a field for URLs of repositories; Copr projects among them must exist."""
    return Field(text, filters=[one_per_line], validators=[each_url(is_repository), _each_known_project(store)])


def _each_known_project(store: Store) -> Validator:
    def validate(given: Given) -> None:
        for word in given.value.split():
            parsed = urlparse(word)
            full_name = parsed.netloc + parsed.path.rstrip("/")
            if parsed.scheme == "copr" and is_repository(parsed) and full_name not in store.projects:
                require_storable([full_name])
                raise Invalid(f"{word} does not exist.")

    return validate
