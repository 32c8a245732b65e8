"""The frame around the content of every page: head, style, languages, and headers that forbid the rest."""

import base64
import hashlib
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.http.reading.negotiation import answer_language
from gateway.languages import Language, Text, in_language

STYLE: Final = """
:root { color-scheme: light dark; --text: #1d2129; --soft: #596273; --back: #f6f7f9; --card: #fff; --line: #d5dae2;
  --link: #3a3dbb; --button: #4b4fcf; --on-button: #fff }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8eaf0; --soft: #a7afbf; --back: #14171d; --card: #1e222b; --line: #383f4c; --link: #a9acff;
    --button: #5b5fe0 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
.wide { max-width: 68rem; margin: 0 auto; padding: 0 1rem }
header .wide { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem 1rem;
  padding-top: 1rem }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25 }
h2 { margin: 2.25rem 0 .25rem; font-size: 1.2rem }
h3 { margin: 0; font-size: 1rem }
p { margin: .25rem 0 }
a { color: var(--link) }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0 }
nav a, .links a { display: inline-block; padding: .35rem 0 }
.soft { color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: .75rem;
  list-style: none; margin: .75rem 0 0; padding: 0 }
.card { display: flex; flex-direction: column; gap: .25rem; padding: .9rem; border: 1px solid var(--line);
  border-radius: .6rem; background: var(--card) }
.card ul { margin: .1rem 0; padding-left: 1.2rem }
.open { align-self: flex-start; margin-top: auto; padding: .45rem .9rem; border-radius: .4rem;
  background: var(--button); color: var(--on-button); text-decoration: none; font-weight: 600 }
button.open { border: 0; font: inherit; font-weight: 600; cursor: pointer }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; background: var(--card);
  margin-top: .75rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line) }
thead th { vertical-align: bottom; font-size: .9rem }
tbody th { font-weight: 400 }
td { text-align: center }
tr > :first-child { position: sticky; left: 0; background: var(--card) }
tbody tr:last-child > * { border-bottom: 0 }
code, pre { font: .9rem/1.45 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card) }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
footer { margin: 2rem 0 3rem }
"""

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language",
}
FORM_SENDS_HERE: Final = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
_NAMES: Final = {Language.ENGLISH: "English", Language.RUSSIAN: "Русский"}
_LANGUAGES: Final = Text("Language", "Язык")


def language_of(request: web.Request, default: Language) -> Language:
    """The language of `?lang=`, else the one that the browser likes best."""
    named = request.query.get("lang")
    if named in set(Language):
        return Language(named)
    return answer_language(request.headers.get("Accept-Language", ""), default)


def response(title: str, main: str, language: Language) -> web.Response:
    """A page whose *main* is HTML already; *title* is its heading as well."""
    switch = "".join(
        f'<li><a href="?lang={one}" lang="{one}" hreflang="{one}"'
        f"{' aria-current=true' if one is language else ''}>{name}</a></li>"
        for one, name in _NAMES.items()
    )
    document = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><div class="wide"><h1>{escape(title)}</h1>'
        f'<nav aria-label="{in_language(_LANGUAGES, language)}"><ul>{switch}</ul></nav></div></header>'
        f'<main class="wide">{main}</main></body></html>'
    )
    headers = {**HEADERS, "Content-Language": language.value}
    return web.Response(text=document, content_type="text/html", charset="utf-8", headers=headers)


def note(
    title: Text,
    text: Text,
    language: Language,
    *,
    button: Text | None = None,
    more: str = "",
    status: int = HTTPStatus.OK,
) -> web.Response:
    """A page of one paragraph, and *more* HTML, that nobody keeps; its *button* sends a POST to its own address."""
    main = f"<p>{escape(in_language(text, language))}</p>{more}"
    if button is not None:
        main += f'<form method="post"><p><button class="open">{in_language(button, language)}</button></p></form>'
    page = response(in_language(title, language), main, language)
    page.set_status(status)
    page.headers["Cache-Control"] = "no-store"
    if button is not None:
        page.headers["Content-Security-Policy"] = FORM_SENDS_HERE
    return page
