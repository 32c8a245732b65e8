"""Computes what an attacker learns from published cells: linear programs over all sums that cells form."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from connectors.analytics.cells import count_cells
from connectors.analytics.protection import Rules, protect, release
from connectors.analytics.statistics import COORDINATES, Design


@dataclass(frozen=True)
class Published:
    """The cells of a statistic under some rules: the truth, what is hidden, and what is shown instead."""

    cells: Mapping[int, Mapping[str, Any]]
    hidden: Mapping[int, int]
    shown: Mapping[int, Mapping[str, Any]]
    sums: Sequence[tuple[int, Sequence[int]]]
    """Each parent with its parts."""

    @property
    def unsafe(self) -> set[int]:
        """The cells of too few students, or of one student mainly."""
        return {cell for cell, own in self.cells.items() if not own["is_safe"]}

    def at(self, **coordinates: int) -> int:
        """The number of the cell with these coordinates; all other dimensions are together."""
        wanted = {name: coordinates.get(f"{name}_", coordinates.get(name, -1)) for name in COORDINATES}
        [found] = [cell for cell, own in self.cells.items() if all(own[name] == wanted[name] for name in COORDINATES)]
        return found


def published(records: Path, design: Design, rules: Rules | None = None) -> Published:
    """Count, protect and release *records*."""
    rules = rules or Rules()
    with duckdb.connect() as work:
        count_cells(work, records, design)
        protect(work, design, rules)
        cells = {own["id"]: own for own in rows(work, "SELECT * FROM cells")}
        hidden = dict(work.execute("SELECT id, reason FROM hidden").fetchall())
        by_coordinates = {tuple(own[name] for name in COORDINATES): cell for cell, own in cells.items()}
        shown = {
            by_coordinates[tuple(own[name] for name in COORDINATES)]: own for own in rows(work, release(design, rules))
        }
        sums = work.execute("SELECT parent, list(child ORDER BY child) FROM links GROUP BY axis, parent ORDER BY ALL")
        return Published(cells, hidden, shown, [(parent, children) for parent, children in sums.fetchall()])


def rows(work: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = work.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def pinned(world: Published, measure: str = "records", most: int = 60) -> dict[int, float]:
    """The unsafe cells whose true *measure* follows from the true ones of all cells shown, with its value.

    The attacker knows more than is published: the numbers without noise, and that a hidden cell is not empty. Of cells
    that sums connect with others, *most* are attacked, for each takes two linear programs.
    """
    chance = random.Random(1)
    unsafe = sorted(world.unsafe & world.hidden.keys())
    attacked = set(chance.sample(unsafe, min(most, len(unsafe))))
    found = {cell: float(world.cells[cell][measure]) for cell in world.unsafe - world.hidden.keys()}
    for equations in _groups(world):
        cells = sorted({cell for parts, _ in equations for cell in parts})
        targets = [cell for cell in cells if cell in attacked]
        if not targets:
            continue
        place = {cell: i for i, cell in enumerate(cells)}
        entries: list[tuple[int, int, int]] = []
        totals = np.zeros(len(equations))
        for row, (parts, shown) in enumerate(equations):
            entries += [(row, place[cell], sign) for cell, sign in parts.items()]
            totals[row] = sum(sign * world.cells[cell][measure] for cell, sign in shown.items())
        matrix = _matrix(entries, len(equations), len(cells))
        least = [1 if measure == "records" else 0] * len(cells)
        bounds = [(low, None) for low in least]
        for cell in targets:
            low, high = _extremes(matrix, totals, bounds, place[cell])
            if high - low < 1 - 1e-6:
                found[cell] = low
    return found


def _matrix(entries: Sequence[tuple[int, int, int]], height: int, width: int) -> Any:
    at_rows, at_columns, signs = zip(*entries, strict=True)
    return csr_array((signs, (at_rows, at_columns)), shape=(height, width))


def _bounds(shown: Mapping[str, Any], value: str, noise: int) -> tuple[float, float | None]:
    """The bounds of a true number, of which no share below 5 % or above 95 % is shown, and others with noise."""
    if shown[value] is None:
        return 0, None
    total = sum(number for name, number in shown.items() if name[0] == "v" and name[1:].isdigit())
    least = max(min(0.05, 5 / shown["students"]), 1 / total) if total else 1
    low, high = ceil(least * total), floor((1 - least) * total)
    if shown[value] <= low:
        return 0, low + noise
    if shown[value] >= high:
        return max(0, high - noise), None
    return max(0, shown[value] - noise), shown[value] + noise


def _extremes(matrix: Any, totals: Any, bounds: Sequence[Any], target: int) -> tuple[float, float]:
    ends = []
    for sign in (1, -1):
        aim = np.zeros(matrix.shape[1])
        aim[target] = sign
        solved = linprog(aim, A_eq=matrix, b_eq=totals, bounds=bounds, method="highs")
        ends.append(float("inf") * -sign if solved.status == 3 else sign * solved.fun)
    return ends[0], ends[1]


def _groups(world: Published) -> Iterator[list[tuple[dict[int, int], dict[int, int]]]]:
    """Sums with hidden cells, as unknown and as known parts with their signs: in groups with unknowns in common."""
    equations = []
    for parent, children in world.sums:
        unknown = {child: 1 for child in children if child in world.hidden}
        known = {child: -1 for child in children if child not in world.hidden}
        (unknown if parent in world.hidden else known)[parent] = -1 if parent in world.hidden else 1
        if unknown:
            equations.append((unknown, known))
    root: dict[int, int] = {}

    def find(cell: int) -> int:
        while root.setdefault(cell, cell) != cell:
            cell = root[cell]
        return cell

    for unknown, _ in equations:
        first, *others = unknown
        for other in others:
            root[find(other)] = find(first)
    groups = defaultdict(list)
    for equation in equations:
        groups[find(next(iter(equation[0])))].append(equation)
    yield from groups.values()


def intervals(world: Published, value: str, targets: Sequence[int]) -> list[tuple[float, float]]:
    """The bounds of the records with a *value* in each of *targets*, by all that is published, with its noise.

    The attacker is given how large the noise of each cell can be at most.
    """
    number = list(world.cells)
    place = {cell: i for i, cell in enumerate(number)}
    entries = [
        (row, place[cell], sign)
        for row, (parent, children) in enumerate(world.sums)
        for cell, sign in ((parent, -1), *((child, 1) for child in children))
    ]
    matrix = _matrix(entries, len(world.sums), len(number))
    bounds = []
    for cell in number:
        noise = 2 * ((world.cells[cell][value.replace("v", "m")] + 1) // 2)
        bounds.append(_bounds(world.shown[cell], value, noise))
    return [_extremes(matrix, np.zeros(len(world.sums)), bounds, place[target]) for target in targets]
