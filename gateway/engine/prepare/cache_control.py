"""Computes how long the answer to an operation may be cached: the shortest time among the fields it selects.

A field says so itself, or the type of what it returns does; a scalar lasts as long as the object it stands in. An
object of which nothing is said is not to be kept, nor is anything beside it.
"""

from collections.abc import Iterator
from typing import Final

from graphql import get_named_type, is_composite_type

from gateway.engine.declarations import CacheControl, declaration_of, type_cache
from gateway.engine.prepare.operation_tree import OperationTree, SelectedField

_NOT_AT_ALL: Final = CacheControl(0, is_private=True)


def cache_policy(tree: OperationTree) -> CacheControl | None:
    """How long clients may keep the answer; None: not at all.

    Every field that may be selected counts, whatever `@skip` and `@include` make of it.
    """
    hints = [hint for selected in tree.walk() for field in selected.fields for hint in _hints(field)]
    age = min((hint.max_age for hint in hints), default=0)
    return CacheControl(age, any(hint.is_private for hint in hints)) if age > 0 else None


def _hints(field: SelectedField) -> Iterator[CacheControl]:
    if field.name == "__typename":
        return
    if field.name.startswith("__"):
        yield _NOT_AT_ALL  # introspection: what it shows depends on the role
        return
    declaration = declaration_of(field.definition)
    own = declaration.cache if declaration else None
    named = get_named_type(field.returns)
    of_type = type_cache(named)
    if own is not None:
        yield CacheControl(own.max_age, own.is_private or bool(of_type and of_type.is_private))
    elif is_composite_type(named):
        yield of_type or _NOT_AT_ALL
