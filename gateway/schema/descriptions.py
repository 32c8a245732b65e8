"""Reads the descriptions of the schema from the docstrings that stand under fields and enum values.

    class Mark:
        value: str
        \"\"\"The mark as it was entered.\"\"\"

Python drops such a docstring, so it is read from the source, which is parsed once per module.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import TypeVar

import strawberry

E = TypeVar("E", bound=type[Enum])
T = TypeVar("T", bound=type)


def of_attributes(cls: type) -> Mapping[str, str]:
    """The docstrings under the attributes of *cls* and of its bases, by the names of the attributes."""
    texts: dict[str, str] = {}
    for own in reversed(cls.__mro__):
        texts.update(_of_module(own.__module__).get(own.__qualname__, {}))
    return texts


def described_input(cls: T) -> T:
    """Describe the fields of the GraphQL input *cls* by the docstrings under them."""
    texts = of_attributes(cls)
    for field in cls.__dict__["__strawberry_definition__"].fields:
        field.description = texts.get(field.python_name)
    return cls


def described_enum(cls: E) -> E:
    """Make *cls* a GraphQL enum, described by its docstring and by those under its members."""
    described = strawberry.enum(cls, description=inspect.cleandoc(cls.__dict__.get("__doc__") or ""))
    texts = of_attributes(cls)
    for value in described.__strawberry_definition__.values:  # type: ignore[attr-defined] # set by Strawberry
        value.description = texts.get(value.name)
    return described


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError):  # a module of Python itself, which may be built in
        return {}
    return {node.name: dict(_documented(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _documented(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, following in zip(node.body, node.body[1:], strict=False):
        target = _target(statement)
        if target and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            yield target, inspect.cleandoc(str(following.value.value))


def _target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign):
        target: ast.expr = statement.target
    elif isinstance(statement, ast.Assign):
        target = statement.targets[0]
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None
