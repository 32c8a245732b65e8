"""A small lending library whose documents are full of trouble: a schema to run operations over."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Annotated, Any, Final, TypedDict

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from auth.viewer import Role
from gateway.engine.declarations import Call
from gateway.engine.plan.leaf_types import left_to_json
from gateway.schema import fields
from gateway.schema.fields import batch, column, shown, value, view_of
from gateway.schema.scalars import SCALARS, Date, DateTime


@strawberry.enum
class Genre(Enum):
    NOVEL = "NOVEL"
    POEM = "POEM"
    ESSAY = "an essay"


class NamedDocument(TypedDict):
    _id: str
    name: str


class ShelfDocument(NamedDocument):
    room: str | None
    height: float


class BookDocument(NamedDocument):
    pages: int | None
    price: float | None
    genre: str | None
    genres: list[str]
    tags: list[str] | None
    grid: list[list[int]] | None
    lent: bool
    published: str | None
    bought: datetime | None
    shelf: ShelfDocument | None
    boxes: list[ShelfDocument]
    writer_id: str | None
    editor_id: str | None
    reviewer_id: str | None
    notes: str


class WriterDocument(NamedDocument):
    born: int


class PartDocument(TypedDict):
    number: int


@dataclass(frozen=True, slots=True)
class Info:
    """What the library's resolvers are told."""

    context: "Library"
    call: Call

    def read(self, name: str, keys: Sequence[Any]) -> None:
        """Note that something was read."""
        self.context.reads.append((name, tuple(keys)))


@dataclass(frozen=True, slots=True)
class Library:
    """A request's context."""

    reads: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def info(self, call: Call) -> Info:
        """What the resolver of one field sees."""
        self.calls.append(call)
        return Info(self, call)

    def forget_reads(self) -> None:
        """Nothing is remembered."""


class Unfit(Exception):
    """An error with a code of its own."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Unfit: {why}")
        self.extensions = {"code": "UNFIT", "why": why}


WRITERS: Final[Mapping[str, dict[str, Any]]] = {
    "wri_1": {"_id": "wri_1", "name": "Akhmatova", "born": 1889, "__typename": "Writer"},
    "wri_2": {"_id": "wri_2", "name": "Bulgakov", "born": 1891, "__typename": "Writer"},
    "wri_3": {"_id": "wri_3", "name": None, "born": "long ago", "__typename": "Writer"},
}


def _shelf(number: int) -> dict[str, Any]:
    shelf: dict[str, Any] = {"_id": f"she_{number}", "name": f"Shelf {number}", "height": number + 0.5}
    if number % 2:
        shelf["room"] = "A"
    if number % 5 == 4:
        shelf["height"] = "tall"
    return {**shelf, "__typename": "Shelf"}


def book(number: int) -> dict[str, Any]:
    """The book of a number; many lack something, or have something wrong."""
    trouble = number % 11
    ural = timezone(timedelta(hours=5))
    return {
        "_id": f"boo_{number}",
        "name": f"Book {number}",
        "pages": [120, None, 2**40, "many", 12.0][number % 5],
        "price": [1.5, 3, None, float("nan")][number % 4],
        "genre": ["NOVEL", "POEM", "an essay", None, "JUNK", []][number % 6],
        "genres": ["NOVEL", "an essay"] if trouble != 3 else ["NOVEL", None],
        "tags": [["a", "b"], None, ["a", None], "tag", ["a", 7]][number % 5],
        "grid": [[[1, 2], []], [[1, None]], None, [None]][number % 4],
        "lent": bool(number % 2) if trouble != 5 else "yes",
        "published": "2026-09-01" if trouble != 6 else None,
        "bought": datetime(2026, 9, 1, 8, 30, 59, 999_999, [UTC, ural][number % 2]) if trouble != 7 else None,
        "shelf": _shelf(number) if trouble != 8 else None,
        "boxes": [_shelf(number), _shelf(number + 1)] if trouble != 9 else [None],
        "writer_id": f"wri_{number % 4}",
        "editor_id": f"edi_{number % 5}" if number % 7 else None,
        **({} if number % 9 == 8 else {"reviewer_id": f"wri_{1 + number % 2}"}),
        "notes": f"note {number}" if trouble != 10 else None,
        "__typename": "Book",
    }


BOOKS: Final = [book(number) for number in range(60)]


async def _soon() -> None:
    await asyncio.sleep(0)


async def writers(books: Sequence[BookDocument], info: Info) -> list[Any]:
    """Who wrote each book."""
    info.read("writers", [one["writer_id"] for one in books])
    await _soon()
    return [WRITERS.get(one["writer_id"] or "") for one in books]


async def writers_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """The writers of ids; one is nobody's."""
    info.read("writers_by_ids", ids)
    await _soon()
    return [WRITERS.get(one) for one in ids]


async def editors_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """The editors of ids; one is no document, and one has gone away."""
    info.read("editors_by_ids", ids)
    await _soon()
    odd = {"edi_3": 7, "edi_4": Unfit("gone")}
    return [odd.get(one) or WRITERS.get(one.replace("edi", "wri")) for one in ids]


async def refused_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """Nobody may know."""
    info.read("refused_by_ids", ids)
    await _soon()
    raise Unfit("refused")


async def one_id_short(ids: Sequence[str], info: Info) -> list[Any]:  # noqa: ARG001
    """One value too few."""
    await _soon()
    return [None] * (len(ids) - 1)


async def books_of(authors: Sequence[WriterDocument], info: Info, first: int = 2) -> list[Any]:
    """Books of each writer."""
    info.read("books_of", [one["_id"] for one in authors])
    await _soon()
    return [[one for one in BOOKS if one["writer_id"] == author["_id"]][:first] for author in authors]


def summaries(books: Sequence[BookDocument], info: Info) -> list[Any]:  # noqa: ARG001
    """A line about each book; not of every fifth."""
    return [Unfit(one["_id"]) if int(one["_id"][4:]) % 5 == 0 else f"About {one['name']}" for one in books]


def ages(books: Sequence[BookDocument], info: Info) -> list[Any]:  # noqa: ARG001
    """When each book came."""
    return [one["bought"] for one in books]


async def ratings(books: Sequence[BookDocument], info: Info, minimum: int = 0) -> list[Any]:
    """A rating each; too low a minimum is refused."""
    await _soon()
    if minimum < 0:
        raise Unfit("minimum")
    info.read("ratings", [one["_id"] for one in books])
    return [int(one["_id"][4:]) % 10 + minimum for one in books]


async def strict_ratings(books: Sequence[BookDocument], info: Info) -> list[Any]:
    """A rating each; every seventh book has none."""
    await _soon()
    info.read("strict_ratings", [])
    return [None if int(one["_id"][4:]) % 7 == 6 else 5 for one in books]


async def one_short(books: Sequence[BookDocument], info: Info) -> list[Any]:  # noqa: ARG001
    """One answer too few."""
    return [None] * (len(books) - 1)


async def seven(books: Sequence[BookDocument], info: Info) -> Any:  # noqa: ARG001
    """Nothing that could be answers."""
    return 7


def refusing(books: Sequence[BookDocument], info: Info) -> list[Any]:
    """Fails before there is anything to await."""
    info.read("refusing", [one["_id"] for one in books])
    raise Unfit("at once")


async def mixed_things(books: Sequence[BookDocument], info: Info) -> list[Any]:  # noqa: ARG001
    """What goes with each book: things of several types."""
    await _soon()
    mixed = []
    for one in books:
        number = int(one["_id"][4:])
        things: list[Any] = [BOOKS[(number + 1) % 60], WRITERS["wri_1"], _shelf(number), None, Unfit("related")]
        mixed.append(things[: number % 6])
    return mixed


async def sure_things(books: Sequence[BookDocument], info: Info) -> list[Any]:
    """What goes with each book, where nothing may be missing."""
    return [[thing for thing in things if thing is not None] for things in await mixed_things(books, info)]


async def named_things(books: Sequence[BookDocument], info: Info) -> list[Any]:  # noqa: ARG001
    """One thing with a name for each book."""
    await _soon()
    unknown = {"_id": "x", "name": "x", "__typename": "Unheard"}
    wrong = {"_id": "x", "name": "x", "__typename": "Part"}
    others: list[Any] = [WRITERS["wri_2"], unknown, wrong, None, {"_id": "x", "name": "nameless"}]
    return [(others[int(one["_id"][4:]) % 5] if int(one["_id"][4:]) % 2 else one) for one in books]


@strawberry.input
class Wish:
    words: list[str]
    genre: Genre | None = None
    limit: int = 3


async def granted(roots: Sequence[Any], info: Info, wish: Wish, also: list[Wish] | None = None) -> list[Any]:
    """What a wish comes to."""
    info.read("wished", [wish.limit])
    extra = sum(one.limit for one in also or ())
    return [f"{wish.words} {wish.genre} {wish.limit} {extra}" for _ in roots]


def length_of(document: Mapping[str, Any]) -> int:
    """How long the name is; some names have no length."""
    return len(document["name"])


def first_box(document: Mapping[str, Any]) -> Any:
    """The first box, if it can be found."""
    return document["boxes"][0]


@view_of(NamedDocument, interface=True)
class Named:
    id: strawberry.ID
    name: str
    length: int | None = value(length_of, "name")


@view_of(ShelfDocument)
class Shelf(Named):
    id: strawberry.ID
    name: str
    length: int | None = value(length_of, "name")
    room: str | None
    height: float


@view_of(WriterDocument)
class Writer(Named):
    id: strawberry.ID
    name: str
    length: int | None = value(length_of, "name")
    born: int = column("born")
    books: list["Book"] = batch(books_of, "_id")
    salary: int | None = column("born", visible_to={Role.ADMINISTRATOR})


@view_of(PartDocument)
class Part:
    number: int


Related = Annotated["Book | Writer | Shelf", strawberry.union("Related")]


@view_of(BookDocument)
class Book(Named):
    id: strawberry.ID
    name: str
    length: int | None = value(length_of, "name")
    pages: int | None
    price: float | None
    genre: Genre | None
    genres: list[Genre]
    tags: list[str] | None
    grid: list[list[int] | None] | None
    lent: bool
    published: Date | None
    bought: DateTime | None
    shelf: Shelf | None
    sure_shelf: Shelf = column("shelf")
    boxes: list[Shelf] | None
    box: Shelf | None = value(first_box, "boxes")
    writer: Writer | None = batch(writers, "writer_id")
    sure_writer: Writer = fields.one(writers_by_ids, "writer_id")
    editor: Writer | None = fields.one(editors_by_ids, "editor_id")
    reviewer: Writer = fields.one(writers_by_ids, "reviewer_id")
    refused: Writer | None = fields.one(refused_by_ids, "writer_id")
    too_few_writers: Writer | None = fields.one(one_id_short, "writer_id")
    taggers: Writer | None = fields.one(writers_by_ids, "tags")
    writing: Named | None = fields.one(writers_by_ids, "writer_id")
    summary: str | None = batch(summaries, "_id", "name")
    age: DateTime | None = batch(ages, "bought")
    rating: int | None = batch(ratings, "_id")
    strict_rating: int = batch(strict_ratings, "_id")
    too_few: str | None = batch(one_short)
    no_list: str | None = batch(seven)
    wrong_at_once: str | None = batch(refusing)
    related: list[Related | None] | None = batch(mixed_things, "_id")
    strictly_related: list[Related] | None = batch(sure_things, "_id")
    named: Named | None = batch(named_things, "_id")
    notes: str | None = shown(visible_to={Role.TEACHER, Role.ADMINISTRATOR})


async def shelved(roots: Sequence[Any], info: Info, first: int = 6, skip: int = 0) -> list[Any]:
    """Some books."""
    info.read("books", [first, skip])
    await _soon()
    return [BOOKS[skip : skip + first] for _ in roots]


async def one_book(roots: Sequence[Any], info: Info, id: strawberry.ID) -> list[Any]:  # noqa: A002 - the argument's name in the graph
    """A book."""
    info.read("book", [id])
    return [next((one for one in BOOKS if one["_id"] == id), None) for _ in roots]


async def gappy(roots: Sequence[Any], info: Info) -> list[Any]:  # noqa: ARG001
    """Books and gaps."""
    return [[BOOKS[1], None, BOOKS[2], Unfit("book"), BOOKS[3]] for _ in roots]


async def vaulted(roots: Sequence[Any], info: Info) -> list[Any]:
    """What few may see."""
    info.read("hidden", [])
    return [BOOKS[4] for _ in roots]


@strawberry.type
class Query:
    books: list[Book] = batch(shelved)
    book: Book | None = batch(one_book)
    some: list[Book | None] = batch(gappy)
    strictly_some: list[Book] | None = batch(gappy)
    wished: str | None = batch(granted)
    sure_wished: str = batch(granted)
    hidden: Book | None = batch(vaulted, visible_to={Role.ADMINISTRATOR})


async def lent_out(roots: Sequence[Any], info: Info, number: int) -> list[Any]:
    """Lend a book out; there is no book below 0."""
    info.read(f"lend {number}", [])
    await _soon()
    info.read(f"lent {number}", [])
    if number < 0:
        raise Unfit("number")
    return [BOOKS[number % 60] for _ in roots]


@strawberry.type
class Mutation:
    lend: Book | None = batch(lent_out)
    surely_lend: Book = batch(lent_out)


@left_to_json(datetime)
def _text_of(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def schema() -> GraphQLSchema:
    """The library's schema."""
    instants = strawberry.scalar(name="DateTime", serialize=_text_of)
    built = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[Shelf, Part],
        config=StrawberryConfig(scalar_map={**SCALARS, DateTime: instants}),
    )
    return built._schema
