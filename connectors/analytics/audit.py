"""Looks for hidden cells that linear algebra determines: each sum of shown parts and a shown whole is an equation.

A cell is determined if some combination of the equations has it as its only unknown. This is exact: elimination in
whole numbers modulo a prime. First the cells that are hidden only to protect others are eliminated, the rarest first,
which leaves few equations; then Gauss-Jordan elimination tells which of the others have one value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import Final

import duckdb

_PRIME: Final = (1 << 61) - 1

Equation = dict[int, int]


def determined(work: duckdb.DuckDBPyConnection) -> list[int]:
    """The unsafe cells of `cells` that are hidden, and yet follow from the cells that are shown."""
    unsafe = {cell for (cell,) in work.execute("SELECT id FROM cells WHERE NOT is_safe").fetchall()}
    rows = work.execute(
        "SELECT axis, parent, p.id IS NOT NULL, list(child) FROM links JOIN hidden h ON h.id = child "
        "LEFT JOIN hidden p ON p.id = parent GROUP BY ALL"
    )
    equations: list[Equation] = []
    while batch := rows.fetchmany(10_000):
        for _, parent, is_hidden, children in batch:
            equations.append(dict.fromkeys(children, 1) | ({parent: _PRIME - 1} if is_hidden else {}))
    return sorted(solved(without(equations, lambda cell: cell not in unsafe)))


def without(equations: Iterable[Equation], is_eliminated: Callable[[int], bool]) -> list[Equation]:
    """The equations of the other unknowns that are left of *equations* once some unknowns are eliminated."""
    system = dict(enumerate(equations))
    using: dict[int, set[int]] = defaultdict(set)
    for number, equation in system.items():
        for unknown in equation:
            using[unknown].add(number)
    queue = [(len(own), unknown) for unknown, own in using.items() if is_eliminated(unknown)]
    heapify(queue)
    while queue:
        count, unknown = heappop(queue)
        own = using[unknown]
        if len(own) != count:  # stands in more equations, or in fewer, than when it was queued
            if own:
                heappush(queue, (len(own), unknown))
            continue
        pivot = min(own, key=lambda number: len(system[number]))
        row = system.pop(pivot)
        for other in row:
            using[other].discard(pivot)
        inverse = pow(row[unknown], -1, _PRIME)
        for number in list(own):
            _replace(system, number, row, system[number][unknown] * inverse % _PRIME, using)
    return [equation for equation in system.values() if equation]


def _replace(
    system: dict[int, Equation], number: int, other: Equation, factor: int, using: dict[int, set[int]]
) -> None:
    """Subtract a multiple of another equation from one of the system."""
    row = system[number]
    before = set(row)
    _subtract(row, other, factor)
    for unknown in before - row.keys():
        using[unknown].discard(number)
    for unknown in row.keys() - before:
        using[unknown].add(number)


def solved(equations: Iterable[Equation]) -> list[int]:
    """The unknowns that have one value in all solutions of the *equations*."""
    by_pivot: dict[int, Equation] = {}
    using: dict[int, set[int]] = defaultdict(set)  # the pivots of the rows in which an unknown stands
    for equation in sorted(equations, key=len):
        row = dict(equation)
        for pivot in [unknown for unknown in row if unknown in by_pivot]:
            _subtract(row, by_pivot[pivot], row[pivot])
        if not row:
            continue
        pivot = min(row, key=lambda unknown: len(using[unknown]))
        inverse = pow(row[pivot], -1, _PRIME)
        row = {unknown: factor * inverse % _PRIME for unknown, factor in row.items()}
        for other in list(using[pivot]):
            _replace(by_pivot, other, row, by_pivot[other][pivot], using)
        by_pivot[pivot] = row
        for unknown in row:
            using[unknown].add(pivot)
    return [pivot for pivot, row in by_pivot.items() if len(row) == 1]


def _subtract(row: Equation, other: Equation, factor: int) -> None:
    for unknown, own in other.items():
        left = (row.get(unknown, 0) - factor * own) % _PRIME
        if left:
            row[unknown] = left
        else:
            row.pop(unknown, None)
