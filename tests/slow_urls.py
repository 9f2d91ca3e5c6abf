"""Slow references of the keys of addresses, from their definitions."""

import re
import string
from urllib.parse import unquote_to_bytes, urlsplit

from filters.urls import SESSION, TRACKING, TRACKING_PREFIXES
from tests.slow_hashes import BASE, MASK, mixed, place, signed
from tests.slow_kinds import Reference

PLAIN = string.ascii_letters + string.digits + "_.-~"
SESSION_IN_PATH = re.compile(";(jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)


def c4_form(url: str) -> str:
    return re.sub(r"\?(utm_|ref|feed).*", "", re.sub(r"https?://(www\.)?", "", url)).rstrip("/")


def canonical_form(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    if not host:
        return url
    host = host.lower().rstrip(".")
    if host.startswith("www.") and host.count(".") > 1:
        host = host[4:]
    if port is not None and (parts.scheme.lower(), port) not in (("http", 80), ("https", 443)):
        host += f":{port}"
    fragment = "#" + parts.fragment if parts.fragment.startswith("!") else ""
    return host + path_form(parts.path) + parameters(parts.query) + fragment


def path_form(path: str) -> str:
    kept: list[str] = []
    for segment in SESSION_IN_PATH.sub("", path).split("/"):
        kept = kept[:-1] if segment == ".." else kept + [segment] * (segment not in ("", "."))
    return percent(unquote_to_bytes("".join("/" + segment for segment in kept)), "/:@!$&'()*+,;=").rstrip("/")


def percent(text: bytes, safe: str) -> str:
    """Each byte as it is, or as a percent sign and two digits."""
    return "".join(chr(byte) if chr(byte) in PLAIN + safe else f"%{byte:02X}" for byte in text)


def parameters(query: str) -> str:
    """The parameters that say what the page shows, in the order of their names."""
    pairs = []
    for pair in filter(None, query.split("&")):
        name, _, value = pair.replace("+", " ").partition("=")
        decoded = [unquote_to_bytes(part).decode("utf-8", "surrogateescape") for part in (name, value)]
        plain = decoded[0].lower()
        if plain not in TRACKING | SESSION and not plain.startswith(TRACKING_PREFIXES):
            pairs.append(decoded)
    written = [
        [percent(part.encode("utf-8", "surrogateescape"), " ") for part in pair] for pair in sorted(pairs)
    ]
    return "?" * bool(pairs) + "&".join("=".join(pair) for pair in written).replace(" ", "+")


def url_key(form: str) -> int | None:
    """The hash of a form: each code point times the constant of its place, and their number."""
    total = sum((ord(c) + 1) * place(i) for i, c in enumerate(form)) + len(form) * BASE
    return signed(mixed(total & MASK)) if form else None


REFERENCES: list[Reference] = [
    ("url_key", {}, lambda url: None if url is None else url_key(canonical_form(url))),
    ("url_key", {"form": "c4"}, lambda url: None if url is None else url_key(c4_form(url))),
]
