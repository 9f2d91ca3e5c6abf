"""Reads real pages, with their language and main text, out of the packages of `sample_tables.PACKAGES`."""

import html
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import lxml.etree
import lxml.html
from sample_tables import (
    APACHE_LOCALES,
    APACHE_NEW,
    APACHE_OLD,
    GNOME_LOCALES,
    HANDBOOK_LOCALES,
    LIBREOFFICE_LOCALES,
    UDHR_CODES,
    Package,
)

# Elements whose text stands on its own line; `div.para` is the handbook's paragraph.
BLOCKS = "self::p|self::li|self::dt|self::dd|self::td|self::th|self::pre|self::h1|self::h2|self::h3|self::h4"
LEAF_BLOCKS = lxml.etree.XPath(
    f".//*[{BLOCKS}|self::div[@class='para']][not(.//p|.//li|.//td|.//dd|.//pre|.//div[@class='para'])]"
)
# Where a page of each source has its main text.
CONTENT = {
    "udhr": "//article",
    "libreoffice-help": "//*[@id='DisplayArea']",
    "apache2-doc": "//*[@id='page-content']",
    "debian-handbook": "//body/div[@class='section' or @class='chapter']",
    "gnome-user-docs": "//main",
}
# A shorter block is a name or a command, the same in every language.
MIN_COMPARED_CHARS = 25


@dataclass(frozen=True, slots=True)
class Page:
    """One HTML page of a package; `blocks` is its main text, `translated` the share of it not in English."""

    source: str
    path: str
    url: str
    names: str
    charset: str
    html: bytes
    blocks: tuple[str, ...]
    translated: float = 1.0

    @property
    def lang(self) -> str:
        """The language, `swh_Latn`."""
        return self.names.split()[0]

    @property
    def lid176(self) -> str:
        """The label of the language in lid.176, empty where there is none."""
        return self.names.split()[1].strip("-")


def fetch_package(package: Package, cache: Path) -> Path:
    """Return the package's file in the cache, fetched by its own client where it is not there yet.

    Raises:
        SystemExit: the client does not offer this version any more.
    """
    cache.mkdir(parents=True, exist_ok=True)
    if package.client == "npm":
        target = cache / f"{package.name}-{package.version}.tgz"
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        target = cache / f"{package.name}_{package.version.replace(':', '%3a')}_all.deb"
        command = ["apt-get", "download", f"{package.name}={package.version}"]
    if not target.exists() and subprocess.run(command, cwd=cache, check=False).returncode:
        raise SystemExit(
            f"{package.name} {package.version}: `{' '.join(command)}` failed; "
            "run `apt-get update`, or move the version in sample_tables.py to one that is offered"
        )
    return target


def unpack_package(package: Package, cache: Path) -> Path:
    """Return the folder with the package's files, unpacked where it was not yet."""
    archive = fetch_package(package, cache)
    folder = cache / "unpacked" / f"{package.name}-{re.sub('[^0-9A-Za-z.+-]', '_', package.version)}"
    if folder.exists():
        return folder
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if package.client == "npm":
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter="data")
    else:
        subprocess.run(["dpkg-deb", "-x", str(archive), str(partial)], check=True)
    return partial.rename(folder)


def parse_page(data: bytes, charset: str) -> lxml.html.HtmlElement:
    """Return the root element of a page, decoded as the charset says and not as its own meta element says."""
    return lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding=charset))


def content_blocks(root: lxml.html.HtmlElement, content: str) -> tuple[str, ...]:
    """Return the text of the innermost blocks below the XPath `content`, white space made single."""
    return tuple(
        text
        for part in root.xpath(content)
        for block in LEAF_BLOCKS(part)
        if (text := " ".join(block.text_content().split()))
    )


def translated_share(blocks: tuple[str, ...], english: frozenset[str]) -> float:
    """Return the share of characters in blocks that the English page does not have."""
    compared = [block for block in blocks if len(block) >= MIN_COMPARED_CHARS]
    total = sum(map(len, compared))
    return sum(len(block) for block in compared if block not in english) / total if total else 0.0


def inner(text: str, tag: str) -> str:
    """Return what lies between the tags of the first such element, or nothing."""
    found = re.search(f"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
    return found.group(1) if found else ""


def read_udhr(folder: Path) -> Iterator[Page]:
    """Yield the chosen translations of the Declaration, each set into one site's page with its navigation."""
    declarations = folder / "package" / "declaration"
    codes = sorted(UDHR_CODES)
    texts = {code: (declarations / f"{code}.html").read_text("utf-8") for code in codes}
    titles = {code: inner(texts[code], "title") for code in codes}
    for number, code in enumerate(codes):
        tag = re.search('<html[^>]* dir="([^"]*)"[^>]* lang="([^"]*)"', texts[code])
        if tag is None:
            raise ValueError(f"{code}.html: expected dir and lang in the html element")
        body = inner(texts[code], "body")
        near = [codes[(number + step) % len(codes)] for step in (-3, -2, -1, 1, 2, 3)]
        links = "\n".join(
            f'      <li><a href="/udhr/{c}.html" hreflang="{c[:3]}">{titles[c]}</a></li>' for c in near
        )
        page = DECLARATION_PAGE.format(
            direction=tag.group(1),
            lang=tag.group(2),
            heading=re.sub("<[^>]*>", "", inner(body, "h1")),
            title=titles[code],
            body=body,
            links=links,
        )
        data = page.encode()
        blocks = content_blocks(parse_page(data, "utf-8"), CONTENT["udhr"])
        url = f"https://www.declaration.example/udhr/{code}.html"
        yield Page("udhr", code, url, UDHR_CODES[code], "utf-8", data, blocks)


def read_libreoffice(unpack: Callable[[str], Path]) -> Iterator[Page]:
    """Yield the guides of the office suite's help in each locale."""
    english: dict[str, frozenset[str]] = {}
    for locale, names in sorted(LIBREOFFICE_LOCALES.items(), key=lambda item: item[0] != "en-US"):
        root = unpack(locale.lower()) / "usr/share/libreoffice/help" / locale
        for file in sorted(root.glob("text/*/guide/*.html")):
            path = file.relative_to(root).as_posix()
            data = file.read_bytes()
            blocks = content_blocks(parse_page(data, "utf-8"), CONTENT["libreoffice-help"])
            english.setdefault(path, frozenset(blocks if locale == "en-US" else ()))
            share = 1.0 if locale == "en-US" else translated_share(blocks, english[path])
            url = f"https://help.office.example/7.4/{locale}/{path}"
            yield Page("libreoffice-help", f"{locale}/{path}", url, names, "utf-8", data, blocks, share)


def read_apache(folder: Path, version: str) -> Iterator[Page]:
    """Yield the web server's manual in each language, in the charset that its pages came in."""
    manual = folder / "usr/share/doc/apache2-doc/manual"
    english: dict[str, frozenset[str]] = {}
    release = version.partition("-")[0]
    for locale, names in sorted(APACHE_LOCALES.items(), key=lambda item: item[0] != "en"):
        for file in sorted([*manual.glob(f"{locale}/*.html"), *manual.glob(f"{locale}/[hm]*/*.html")]):
            path = file.relative_to(manual / locale).as_posix()
            data = file.read_bytes()
            declared = re.search(rb"charset=([A-Za-z0-9-]+)", data[:1000])
            charset = declared.group(1).decode().lower() if declared else "utf-8"
            blocks = content_blocks(parse_page(data, charset), CONTENT["apache2-doc"])
            english.setdefault(path, frozenset(blocks if locale == "en" else ()))
            share = 1.0 if locale == "en" else translated_share(blocks, english[path])
            url = f"https://httpd.example/docs/{release}/{locale}/{path}"
            yield Page(
                f"apache2-doc {release}",
                f"{locale}/{path}",
                url,
                names,
                charset,
                data,
                blocks,
                share,
            )


def read_handbook(folder: Path) -> Iterator[Page]:
    """Yield the sections of the Debian handbook in each language."""
    root = folder / "usr/share/doc/debian-handbook/html"
    english: dict[str, frozenset[str]] = {}
    for locale, names in sorted(HANDBOOK_LOCALES.items(), key=lambda item: item[0] != "en-US"):
        for file in sorted((root / locale).glob("sect.*.html")):
            data = file.read_bytes()
            blocks = content_blocks(parse_page(data, "utf-8"), CONTENT["debian-handbook"])
            english.setdefault(file.name, frozenset(blocks if locale == "en-US" else ()))
            share = 1.0 if locale == "en-US" else translated_share(blocks, english[file.name])
            url = f"https://handbook.example/browse/{locale}/stable/{file.name}"
            path = f"{locale}/{file.name}"
            yield Page("debian-handbook", path, url, names, "utf-8", data, blocks, share)


def read_gnome(folder: Path) -> Iterator[Page]:
    """Yield the desktop help in each language, its Mallard markup put into HTML with navigation."""
    english: dict[str, frozenset[str]] = {}
    for locale, names in sorted(GNOME_LOCALES.items(), key=lambda item: item[0] != "C"):
        files = sorted((folder / f"usr/share/help/{locale}/gnome-help").glob("*.page"))
        trees = {file.stem: lxml.etree.parse(file).getroot() for file in files}
        titles = {
            name: "".join(tree.findtext(MALLARD + "title") or "").strip() for name, tree in trees.items()
        }
        for name, tree in trees.items():
            data = render_mallard(tree, titles, locale).encode()
            blocks = content_blocks(parse_page(data, "utf-8"), CONTENT["gnome-user-docs"])
            english.setdefault(name, frozenset(blocks if locale == "C" else ()))
            share = 1.0 if locale == "C" else translated_share(blocks, english[name])
            url = f"https://help.desktop.example/gnome-help/43/{name}.html.{locale.replace('C', 'en')}"
            yield Page("gnome-user-docs", f"{locale}/{name}", url, names, "utf-8", data, blocks, share)


MALLARD = "{http://projectmallard.org/1.0/}"
# Mallard element: HTML element. Elements that are not here give their content without a tag of their own.
MALLARD_HTML = {
    "p": "p", "section": "section", "steps": "ol", "list": "ul", "item": "li", "terms": "dl",
    "table": "table", "tr": "tr", "td": "td", "thead": "thead", "tbody": "tbody", "em": "em",
    "code": "code", "cmd": "code", "screen": "pre", "key": "kbd", "gui": "b", "app": "b", "note": "div",
    "file": "code", "sys": "code",
}  # fmt: skip
MALLARD_DROPPED = {"info", "media", "links", "comment", "include"}


def render_mallard(tree: lxml.etree._Element, titles: dict[str, str], locale: str) -> str:
    """Return the HTML page for a Mallard page: site header, breadcrumbs, article, related pages, credits."""
    related = [
        link.get("xref", "").partition("#")[0] for link in tree.iterfind(f"{MALLARD}info/{MALLARD}link")
    ]
    names = [credit.text or "" for credit in tree.iter(MALLARD + "name")]
    links = [
        f'      <li><a href="{name}.html.{locale}">{html.escape(titles[name])}</a></li>'
        for name in dict.fromkeys(related)
        if titles.get(name)
    ]
    return DESKTOP_PAGE.format(
        lang=locale.replace("C", "en"),
        direction="rtl" if locale in {"fa", "he"} else "ltr",
        title=html.escape(titles[tree.get("id", "")]),
        home=html.escape(titles["index"] or "GNOME Help"),
        body="".join(render_node(node, titles, 1) for node in tree),
        links="\n".join(links),
        credits=html.escape(", ".join(dict.fromkeys(filter(None, names)))),
    )


def render_node(node: lxml.etree._Element, titles: dict[str, str], depth: int) -> str:
    """Return the HTML of one Mallard element and all below it."""
    if not isinstance(node.tag, str) or not node.tag.startswith(MALLARD):
        return html.escape(node.tail or "")
    name = node.tag.removeprefix(MALLARD)
    tail = html.escape(node.tail or "")
    if name in MALLARD_DROPPED:
        return tail
    inner = html.escape(node.text or "") + "".join(
        render_node(child, titles, depth + (name == "section")) for child in node
    )
    if name == "title":
        return f"<h{depth}>{inner}</h{depth}>{tail}"
    if name == "link":
        target = node.get("xref", "").partition("#")[0]
        return f'<a href="{target}.html">{inner.strip() or html.escape(titles.get(target, target))}</a>{tail}'
    tag = MALLARD_HTML.get(name)
    return f"<{tag}>{inner}</{tag}>{tail}" if tag else inner + tail


DECLARATION_PAGE = """<!DOCTYPE html>
<html lang="{lang}" dir="{direction}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{heading} | {title}</title>
  <link rel="stylesheet" href="/style/main.css">
  <script>document.documentElement.className = "js";</script>
</head>
<body>
  <header class="site-header">
    <a class="logo" href="/"><img src="/images/logo.png" alt="Declaration"></a>
    <nav class="menu"><ul>
      <li><a href="/">Home</a></li><li><a href="/udhr/">Translations</a></li>
      <li><a href="/about">About</a></li>
      <li><a href="/search"><span class="icon">Search</span></a></li>
    </ul></nav>
  </header>
  <article class="declaration">{body}</article>
  <aside class="sidebar"><h4>Translations</h4>
    <ul>
{links}
    </ul>
  </aside>
  <footer class="site-footer">
    <p><a href="/privacy">Privacy</a> &middot; <a href="/contact">Contact</a></p>
  </footer>
</body>
</html>
"""

DESKTOP_PAGE = """<!DOCTYPE html>
<html lang="{lang}" dir="{direction}">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="/css/yelp.css">
</head>
<body>
<div class="navbar"><ul><li><a href="/">GNOME</a></li><li><a href="/about">About Us</a></li>
<li><a href="/download">Download</a></li></ul></div>
<div class="breadcrumbs"><a href="index.html">{home}</a> &raquo; <span>{title}</span></div>
<main class="page"><article>
{body}
</article></main>
<nav class="sidebar"><ul>
{links}
</ul></nav>
<footer><div class="credits">{credits}</div><div class="license">CC BY-SA 3.0</div></footer>
</body>
</html>
"""


def read_all(unpacked: dict[tuple[str, str], Path]) -> Iterator[Page]:
    """Yield every candidate page of every package; `unpacked` maps (name, version) to a folder."""
    by_name = {name: folder for (name, _), folder in unpacked.items()}
    yield from read_udhr(by_name["udhr"])
    yield from read_libreoffice(lambda locale: by_name[f"libreoffice-help-{locale}"])
    for version in (APACHE_NEW, APACHE_OLD):
        yield from read_apache(unpacked["apache2-doc", version], version)
    yield from read_handbook(by_name["debian-handbook"])
    yield from read_gnome(by_name["gnome-user-docs"])
