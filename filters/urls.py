"""Addresses in a normal form, so that one page under several addresses is one."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import RecipeError, near_name

# Parameters that tell who sent a visitor, not what the page shows: as documented by the services that add
# them (Google Analytics and Ads, Meta, Microsoft, Yandex, TikTok, Mailchimp, HubSpot, Matomo, LinkedIn, X).
TRACKING = frozenset(
    [
        "_ga",
        "_gl",
        "_hsenc",
        "_hsmi",
        "_openstat",
        "dclid",
        "fbclid",
        "gbraid",
        "gclid",
        "gclsrc",
        "igsh",
        "igshid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "msclkid",
        "oly_anon_id",
        "oly_enc_id",
        "rb_clickid",
        "s_cid",
        "srsltid",
        "ttclid",
        "twclid",
        "vero_id",
        "wbraid",
        "wickedid",
        "yclid",
        "ysclid",
    ]
)
TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "matomo_", "hsa_", "fb_action_", "__hs")
# Identifiers of a visit, by the names that common servers give them.
SESSION = frozenset(("jsessionid", "phpsessid", "aspsessionid", "sessionid", "session_id", "sid"))
PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
PATH_SAFE = "/:@!$&'()*+,;=~-._"
HOST_PREFIX = "www."


def c4_form(urls: pa.Array) -> pa.Array:
    """Return each address as C4 compares it.

    `http://`, `https://` and a `www.` after it go, all from the first of `?utm_`, `?ref`, `?feed` on, and the
    slashes at the end. Source: tensorflow/datasets, c4_utils.py. Case, order of parameters and fragments
    stay.
    """
    plain = pc.replace_substring_regex(urls, pattern=r"https?://(www\.)?", replacement="")
    plain = pc.replace_substring_regex(plain, pattern=r"\?(utm_|ref|feed).*", replacement="")
    return pc.utf8_rtrim(plain, characters="/")


def canonical_form(urls: pa.Array) -> pa.Array:
    """Return each address in a stricter normal form; an address that cannot be split stays as it is.

    Scheme, user, default port, `www.`, fragment (but `#!`), session identifiers and tracking parameters go;
    host in lower case; path with dot segments resolved, percent signs in one style, without slashes at the
    end; parameters in the order of their names.
    """
    return pa.array([None if url is None else _canonical(url) for url in urls.to_pylist()], pa.string())


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname:
        return url
    host = parts.hostname.lower().rstrip(".")
    host = host.removeprefix(HOST_PREFIX) if host.count(".") > 1 else host
    if port is not None and port != DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    path = quote(unquote(_resolved(PATH_SESSION.sub("", parts.path)), errors="surrogateescape"),
                 safe=PATH_SAFE, errors="surrogateescape").rstrip("/")  # fmt: skip
    query = urlencode(sorted(_kept(parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape"))),
                      errors="surrogateescape")  # fmt: skip
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return host + path + (f"?{query}" if query else "") + fragment


def _kept(parameters: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept = []
    for name, value in parameters:
        folded = name.lower()
        if folded in TRACKING or folded in SESSION or folded.startswith(TRACKING_PREFIXES):
            continue
        kept.append((name, value))
    return kept


def _resolved(path: str) -> str:
    """Return the path without `.` and `..` segments (RFC 3986, 5.2.4) and without empty ones."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments) if segments else ""


FORMS = {"c4": c4_form, "canonical": canonical_form}


def url_form(urls: pa.Array, form: str) -> pa.Array:
    """Return addresses in the form called `form`.

    Raises:
        RecipeError: there is no such form.
    """
    if form not in FORMS:
        raise RecipeError(
            f"url form: expected one of {', '.join(FORMS)}, got {form!r}{near_name(form, list(FORMS))}"
        )
    return FORMS[form](urls)
