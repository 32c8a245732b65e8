"""Counts the cost of an answer by generated functions, one for each selection set.

An answer need not say which type an object has: where several types are possible, the object is counted as each of them
and the largest count is taken.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.engine import codegen
from gateway.engine.cost.estimate import FieldCost, TypeCost

Counter = Callable[[Any, Any], int]


def counter(root: TypeCost) -> Counter:
    """The function that counts the root object, given the data and the amounts that the variables decide."""
    counting = _Counting()
    counted = counting.of(root)
    if isinstance(counted, int):
        return lambda _data, _amounts: counted
    namespace: dict[str, Any] = {"flat": flat}
    codegen.execute("count", "\n".join(counting.sources), namespace)
    found: Callable[[Any, Any], int] = namespace[counted]
    return lambda data, amounts: found((data,), amounts)


class _Counting:
    def __init__(self) -> None:
        self.sources: list[str] = []
        self._names: dict[str, str] = {}
        self._of: dict[int, int | str] = {}

    def of(self, type_cost: TypeCost) -> int | str:
        """The cost of each object: a number, or the name of the function that counts a list of objects."""
        found = self._of.get(id(type_cost))
        if found is None:
            lines = [line for fields in type_cost.fields for line in self._lines(fields)]
            found = self._of[id(type_cost)] = self._function(type_cost.weight, lines) if lines else type_cost.weight
        return found

    def _function(self, weight: int, lines: list[str]) -> str:
        each = "\n        ".join(["get = o.get", *lines])
        body = f"n = {weight} * len(many)\n    for o in many:\n        {each}\n    return n"
        name = self._names.get(body)  # the members of an abstract type are mostly fields for the same
        if name is None:
            name = self._names[body] = f"count{len(self._names)}"
            self.sources.append(f"def {name}(many, g):\n    {body}")
        return name

    def _lines(self, fields: FieldCost) -> Iterator[str]:
        key = repr(fields.key)
        if fields.arguments:
            amount = fields.arguments if isinstance(fields.arguments, int) else f"g[{fields.arguments!r}]"
            yield f"if {key} in o: n += {amount}"
        each = dict.fromkeys(map(self.of, fields.types)) or {fields.weight: None}
        known = max((one for one in each if isinstance(one, int)), default=0)
        functions = [one for one in each if isinstance(one, str)]
        if not known and not functions:
            return
        if fields.depth:
            yield f"v = flat(get({key}))" if fields.depth > 1 else f"v = get({key})"
            yield f"if v: n += {_list_cost(known, functions, holds_nulls=fields.holds_nulls)}"
        elif functions:
            yield f"v = get({key})"
            yield f"if v is not None: n += {_value_cost(known, functions)}"
        else:
            yield f"if get({key}) is not None: n += {known}"


def _value_cost(known: int, functions: list[str]) -> str:
    """The expression for the cost of `v`, which may have any of several types."""
    counts = [f"{function}((v,), g)" for function in functions]
    return counts[0] if len(counts) == 1 and not known else f"max({', '.join([str(known), *counts])})"


def _list_cost(known: int, functions: list[str], *, holds_nulls: bool) -> str:
    """The expression for the cost of all items of the list `v`."""
    if not functions:
        return f"{known} * (len(v) - v.count(None))" if holds_nulls else f"{known} * len(v)"
    if len(functions) == 1 and not known:
        return (
            f"{functions[0]}([o for o in v if o is not None] if None in v else v, g)"
            if holds_nulls
            else f"{functions[0]}(v, g)"
        )
    rest = " if v is not None" if holds_nulls else ""
    return f"sum([{_value_cost(known, functions)} for v in v{rest}])"


def flat(values: Any) -> Any:
    """The values of nested lists, as one list."""
    if values is None:
        return None
    found = []
    for value in values:
        if isinstance(value, list):
            found += flat(value)
        else:
            found.append(value)
    return found
