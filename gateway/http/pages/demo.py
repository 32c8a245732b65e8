"""The page of a demo: whom one can sign in as, whose child is whose, and what each may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import product
from typing import Final, TypedDict

from auth.viewer import Role
from gateway.http.pages import demo_texts as texts
from gateway.languages import Language, Text, in_language

_CURL: Final = """TOKEN=$(curl -s {origin}/demo/viewers |
  python3 -c 'import json, sys; print(next(v["token"] for v in json.load(sys.stdin) if v["role"] == "PARENT"))')
curl {origin}/graphql -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{{"query": "{{ viewer {{ children {{ displayName class {{ name }} }} }} }}"}}'"""


class ShownChild(TypedDict):
    """A student for whom a person is or was a guardian."""

    name: str
    className: str | None
    mayRead: bool


class ShownViewer(TypedDict):
    """A person of the demo in one role, with a token and a link that opens GraphiQL signed in as that person."""

    role: str
    name: str
    personId: str
    studentIds: list[str]
    classId: str | None
    className: str | None
    children: list[ShownChild]
    note: Mapping[str, str]
    token: str
    graphiql: str


VisibleTo = Mapping[str, Collection[Role]]
"""The roles that may read each field in `demo_texts.ROWS`."""


@dataclass(frozen=True, slots=True)
class DemoPage:
    """The content of the page in one language."""

    viewers: Sequence[ShownViewer]
    visible_to: VisibleTo
    language: Language
    origin: str
    day: date
    """The day that counts as today."""
    documents: Collection[str]
    """The files of the documentation that are served."""

    def main(self) -> str:
        """The content of the page as HTML, without the shell around it."""
        people = "".join(self._section(role) for role in Role)
        roles = "".join(
            f'<li><a href="#{role}">{self._say(texts.ROLES[role])}</a></li>' for role in Role if self._of(role)
        )
        today = Text(self.day.isoformat(), f"{self.day:%d.%m.%Y}")
        return (
            f'<p class="soft">{self._say(texts.INTRODUCTION, day=today)}</p>'
            f'<nav aria-label="{self._say(texts.ROLES_TITLE)}"><ul>{roles}</ul></nav>'
            f"{people}{self._table()}{self._links()}"
        )

    def _say(self, text: Text, **parameters: object) -> str:
        said = text.format(**parameters) if parameters else text
        return escape(str(in_language(said, self.language)))

    def _of(self, role: Role) -> list[ShownViewer]:
        return [viewer for viewer in self.viewers if viewer["role"] == role]

    def _section(self, role: Role) -> str:
        cards = "".join(f'<li class="card">{self._card(one, role)}</li>' for one in self._of(role))
        if not cards:
            return ""
        head = f'<h2 id="{role}">{self._say(texts.ROLES[role])}</h2><p class="soft">{self._say(texts.READS[role])}</p>'
        return f'<section aria-labelledby="{role}">{head}<ul class="cards">{cards}</ul></section>'

    def _card(self, viewer: ShownViewer, role: Role) -> str:
        said = [f"<h3>{escape(viewer['name'])}</h3>"]
        if viewer["className"]:
            said.append(f"<p>{self._say(texts.CLASS, name=viewer['className'])}</p>")
        if viewer["children"]:
            children = "".join(f"<li>{self._child(one)}</li>" for one in viewer["children"])
            said.append(f"<p>{self._say(texts.CHILDREN)}</p><ul>{children}</ul>")
        if note := viewer["note"].get(self.language):
            said.append(f'<p class="soft">{escape(note)}</p>')
        link = escape(f"/graphql#viewer={viewer['personId']}.{role}")
        named = self._say(texts.OPEN_AS, name=viewer["name"], role=texts.ROLES[role])
        said.append(f'<a class="open" href="{link}">{self._say(texts.OPEN)}<span class="hidden"> {named}</span></a>')
        return "".join(said)

    def _child(self, child: ShownChild) -> str:
        said = escape(", ".join(filter(None, (child["name"], child["className"]))))
        return said if child["mayRead"] else f"{said} – {self._say(texts.NO_ACCESS)}"

    def _table(self) -> str:
        title = self._say(texts.WHO_SEES_WHAT)
        heads = "".join(f'<th scope="col">{self._say(texts.ROLES[role])}</th>' for role in Role)
        rows = "".join(map(self._row, texts.ROWS))
        return (
            f'<h2>{title}</h2><p class="soft">{self._say(texts.WHO_SEES_WHAT_NOTE)}</p>{self._comparison()}'
            # What scrolls must be within reach of the keyboard.
            f'<div class="scroll" role="region" tabindex="0" aria-label="{title}">'
            f'<table><thead><tr><th scope="col">{self._say(texts.FIELD)}</th>{heads}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _comparison(self) -> str:
        """A link to one query answered to a student and to a parent of the same family, side by side."""
        for student, parent in product(self._of(Role.STUDENT), self._of(Role.PARENT)):
            if set(student["studentIds"]) & set(parent["studentIds"]):
                pair = f"viewer={student['personId']}.{Role.STUDENT}&other={parent['personId']}.{Role.PARENT}"
                link = escape(f"/graphql#section=compare&{pair}")
                names = self._say(texts.COMPARE, student=student["name"], parent=parent["name"])
                return f'<p><a href="{link}">{names}</a></p>'
        return ""

    def _row(self, row: texts.Row) -> str:
        cells = "".join(self._cell(row.field, role) for role in Role)
        return f'<tr><th scope="row">{self._say(row.name)}</th>{cells}</tr>'

    def _cell(self, field: str, role: Role) -> str:
        if role in self.visible_to[field]:
            return f"<td>{self._say(texts.YES)}</td>"
        return f'<td class="soft">{self._say(texts.NO)}</td>'

    def _links(self) -> str:
        found = [document for document in texts.DOCUMENTATION if document.file in self.documents]
        items = "".join(f'<li><a href="/demo/docs/{one.file}">{self._say(one.about)}</a></li>' for one in found)
        read_on = f'<h2>{self._say(texts.DOCUMENTS)}</h2><ul class="links">{items}</ul>' if items else ""
        return (
            f"{read_on}<h2>{self._say(texts.ELSEWHERE)}</h2><pre>{escape(_CURL.format(origin=self.origin))}</pre>"
            f'<p>{self._say(texts.TOKENS)} <a href="/demo/viewers">/demo/viewers</a></p>'
            f'<p>{self._say(texts.MAIL)} <a href="/demo/mail">/demo/mail</a></p>'
        )
