"""Declares the types of the schema as views of documents, and their fields with how they are answered and for whom."""

import inspect
import typing
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from auth.viewer import Role
from gateway.engine import declarations
from gateway.engine.declarations import Answer, Batch, CacheControl, Column, Declaration, ListSize, Value
from gateway.schema import caching, demand
from gateway.schema.arguments import Adapter, arguments_of
from gateway.schema.descriptions import of_attributes
from gateway.schema.visibility import EVERYONE, VisibleTo, in_order, restriction_of

T = TypeVar("T", bound=type)
Roles = frozenset[Role] | set[Role]
NEEDS_NOTHING: frozenset[str] = frozenset()


class Field(StrawberryField):
    """A Strawberry field with the declaration that the engine compiles; graphql-core's executor can resolve it too."""

    declared: Declaration
    after: str | None
    """The field of another subsystem that the schema shows before this one."""

    @property
    def is_basic_field(self) -> bool:
        return not isinstance(self.declared.answer, Batch)

    def __copy__(self) -> "Field":
        copied: Field = super().__copy__()
        copied.declared, copied.after = self.declared, self.after
        return copied

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        answer = self.declared.answer
        if isinstance(answer, Column):
            return source.get(answer.key)
        if isinstance(answer, Value):
            return answer.of(source)
        return info.context.levels.load(answer, source, info._raw_info, kwargs)


def describe_fields(cls: T) -> T:
    """Take the descriptions of the fields of *cls* from the docstrings under them."""
    for attribute, text in of_attributes(cls).items():
        field = cls.__dict__.get(attribute)
        if isinstance(field, Field):
            field.description = _described(text, field.declared.visible_to)
    return cls


def declared_field(
    answer: Answer,
    *,
    visible_to: Roles = EVERYONE,
    name: str | None = None,
    arguments: Sequence[StrawberryArgument] = (),
    extra: Sequence[object] = (),
    cost: int | None = None,
    list_size: int | ListSize | None = None,
    days_per_unit: int | None = None,
    cache: CacheControl | None = None,
    after: str | None = None,
) -> Any:
    """A field that is answered by *answer*.

    *cost* is the cost of one value, *list_size* the length that its list is assumed to have when an operation is
    priced, and *days_per_unit* the number of days of the argument `days` that cost one more. *cache* is for how long
    clients may keep the value, where its type says nothing or something else. *after* names the field of another
    subsystem that the schema shows before this one.
    """
    if days_per_unit is not None and cost is None:
        cost = 1
    restriction = restriction_of(visible_to)
    size = ListSize(list_size) if isinstance(list_size, int) else list_size
    printed = [*demand.directives(cost, size, days_per_unit), *caching.directives(cache), *extra]
    field = Field(
        graphql_name=name,
        directives=[VisibleTo(roles=in_order(restriction)), *printed] if restriction else printed,
    )
    field.declared = Declaration(answer, restriction, cost, size, days_per_unit, cache)
    field.after = after
    field.arguments = list(arguments)
    return field


def _described(description: str | None, visible_to: Collection[Any] | None) -> str | None:
    if visible_to is None or not restriction_of(visible_to):
        return description
    note = "Visible to: " + ", ".join(role.replace("_", " ").lower() for role in in_order(visible_to)) + "."
    return f"{description}\n\n{note}" if description else note


def column(key: str, **options: Any) -> Any:
    """A field that shows the document's value under *key*, which differs from the field's name."""
    return declared_field(Column(key), **options)


def shown(**options: Any) -> Any:
    """A field that shows the document's value under its own name, with options such as a restriction or a list size."""
    return declared_field(Column(""), **options)


def value(of: Callable[..., Any], *needs: str, **options: Any) -> Any:
    """A field computed from one document by the plain function *of*, which reads the columns *needs*."""
    return declared_field(Value(of, frozenset(needs)), **options)


def batch(resolver: Callable[..., Any], *needs: str, arguments: Mapping[str, str] | None = None, **options: Any) -> Any:
    """A field that *resolver* answers for all parents at once; it reads the columns *needs* of the parents.

    *arguments* describes those of its arguments that do not mean what `ARGUMENTS` says.
    """
    adapter = arguments_of(resolver, arguments or {})
    answer = Batch(resolver, frozenset(needs), adapter.adapt, inspect.iscoroutinefunction(resolver))
    if adapter.is_paged:
        options.setdefault("list_size", demand.PAGED)
    return declared_field(answer, arguments=_arguments(adapter), **options)


def one(resolver: Callable[..., Any], key: str, **options: Any) -> Any:
    """A field that shows the object whose id the document holds under *key*; *resolver* finds objects by their ids."""
    return declared_field(declarations.one(key, resolver), **options)


def many(resolver: Callable[..., Any], key: str, **options: Any) -> Any:
    """A field that shows the objects whose ids the document holds under *key*, in that order; *resolver* finds them."""

    async def ids_of(parents: Sequence[Mapping[str, Any]], _: Any) -> list[Sequence[Any]]:
        return [parent.get(key) or () for parent in parents]

    return many_of(ids_of, resolver, key, **options)


def many_of(
    ids_of: Callable[[Sequence[Any], Any], Awaitable[Sequence[Sequence[Any]]]],
    resolver: Callable[..., Any],
    *needs: str,
    **options: Any,
) -> Any:
    """A field that shows the objects whose ids *ids_of* finds by the columns *needs* of all parents at once."""

    async def answer(parents: Sequence[Mapping[str, Any]], info: Any) -> list[list[Any]]:
        ids = await ids_of(parents, info)
        distinct = list(dict.fromkeys(chain.from_iterable(ids)))
        found = dict(zip(distinct, await resolver(distinct, info), strict=True))
        return [[document for one in own if (document := found[one]) is not None] for own in ids]

    return declared_field(Batch(answer, frozenset(needs), dict, is_async=True), **options)


def instant(key: str, **options: Any) -> Any:
    """A field that shows the instant under *key* in the time zone of the document's school."""

    def answer(parents: Sequence[Mapping[str, Any]], info: Any) -> list[Any]:
        zones: dict[Any, Any] = {}
        instants = []
        for parent in parents:
            moment = parent.get(key)
            school = parent.get("school_id")
            if school not in zones:
                zones[school] = info.zone_of(school)
            instants.append(moment.astimezone(zones[school]) if moment is not None else None)
        return instants

    return declared_field(Batch(answer, frozenset({key, "school_id"}), dict, is_async=False), **options)


def _arguments(adapter: Adapter) -> list[StrawberryArgument]:
    return [
        StrawberryArgument(
            python_name=argument.name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(argument.type),
            default=argument.default,
            description=argument.description,
        )
        for argument in adapter.arguments
    ]


@dataclass_transform(kw_only_default=True)
def view_of(
    document: type,
    *,
    name: str | None = None,
    visible_to: Roles = EVERYONE,
    interface: bool = False,
    cache: CacheControl | None = None,
    found_by: Callable[..., Any] | None = None,
) -> Callable[[T], T]:
    """Make a class the GraphQL type that shows *document*: an annotation without a value shows the key of that name.

    *found_by* is the resolver that finds objects of the type by their ids, within the viewer's rights: each `Node` has
    one.

    Raises:
        TypeError: at import, when the document has no such key.
    """
    keys = typing.get_type_hints(document, include_extras=True)

    def decorate(cls: T) -> T:
        for attribute in inspect.get_annotations(cls):
            field = cls.__dict__.get(attribute)
            if field is None:
                field = column(attribute)
                setattr(cls, attribute, field)
            if isinstance(field, Field) and isinstance(field.declared.answer, Column):
                key = field.declared.answer.key or attribute
                key = "_id" if key == "id" else key
                field.declared = replace(field.declared, answer=Column(key))
                if key not in keys:
                    message = f"{cls.__name__}.{attribute} shows {document.__name__}[{key!r}], which does not exist"
                    raise TypeError(message)
        describe_fields(cls)
        restriction = restriction_of(visible_to)
        cls.__visible_to__ = restriction  # type: ignore[attr-defined] # the mark that gateway.engine reads
        cls.__cache_control__ = cache  # type: ignore[attr-defined] # likewise
        cls.__found_by__ = found_by  # type: ignore[attr-defined] # the mark that gateway.schema.query reads
        directives = [*([VisibleTo(roles=in_order(restriction))] if restriction else []), *caching.directives(cache)]
        description = _described(inspect.getdoc(cls), visible_to)
        make = strawberry.interface if interface else strawberry.type
        named_type = make(cls, name=name, description=description, directives=directives)
        definition = named_type.__strawberry_definition__  # type: ignore[attr-defined] # set by Strawberry
        definition.fields = _in_place(definition.fields)
        return named_type

    return decorate


def _in_place(fields: Sequence[Any]) -> list[Any]:
    """The fields in the order in which clients see them."""
    placed = [field for field in fields if field.after is None]
    for field in fields:
        if field.after is not None:
            names = [other.python_name for other in placed]
            placed.insert(names.index(field.after) + 1 if field.after in names else len(placed), field)
    return placed


def extends(document: type) -> Callable[[T], T]:
    """Make a class a set of fields that one subsystem adds to the type over *document*, which inherits them."""
    return view_of(document)
