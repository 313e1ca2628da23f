"""Reading the target of a request the way Flask's URL parsing does."""

from __future__ import annotations

from urllib.parse import unquote, unquote_to_bytes


def decode_path(path: str) -> str:
    """The path with its escapes resolved, ``%2F`` too; what is not UTF-8 becomes U+FFFD."""
    return unquote(path, errors="replace") if "%" in path else path


def parse_query(query: str) -> dict[str, str]:
    """The arguments by name, in which the first of a repeated one counts; blank ones are kept."""
    arguments: dict[str, str] = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            arguments.setdefault(_decode(name), _decode(value))
    return arguments


def _decode(text: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    raw = unquote_to_bytes(text)
    decoded = ""
    while raw:
        try:
            return decoded + raw.decode()
        except UnicodeDecodeError as error:
            # Bytes that are not UTF-8 stay escaped, as Werkzeug leaves them.
            undecodable = "".join(f"%{byte:02X}" for byte in raw[error.start : error.end])
            decoded += raw[: error.start].decode() + undecodable
            raw = raw[error.end :]
    return decoded
