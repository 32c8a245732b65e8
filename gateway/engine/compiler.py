"""From a validated operation to a plan: each selection set becomes a Python function over a list of documents.

A function takes the documents, the run, and their paths (None where nobody asks for paths); it returns one answer for
each document. Plain columns and values stand inline in it; every other field is started through its spot. Selections
that lie very deep, or in very large documents, are compiled when the first document reaches them.
"""

import re
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError

from gateway.engine import leaves
from gateway.engine.completion import LeafShape, ListShape, ObjectShape, Select
from gateway.engine.fields import Column, Value
from gateway.engine.merging import Collector, Condition, Group, holds
from gateway.engine.run import Run
from gateway.engine.selection import Builder, Selection
from gateway.engine.spots import Batched, Constant, Linking, Plain, Shared, Spot
from gateway.engine.target import Target
from gateway.engine.waves import AT_ROOT

MAX_DEPTH: Final = 40
MAX_SPOTS: Final = 3_000

TOO_DEEP: Final = "Selections are nested too deeply. Execution aborted."

_FAST: Final = ", type=type, str=str, int=int"
"""Local names are found faster, by a fifteenth of a row's time."""

_WORD: Final = re.compile(r"\W")


class Compiler:
    """Compiles one operation."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.collector = Collector(target.schema, target.fragments)
        self.sources: list[str] = []
        self.select_root: Select | None = None
        self._builder = Builder(target, self.make_later)
        self._number = 0
        self._made: list[dict[str, Any]] = []

    def root(self) -> Selection:
        """The operation's own selection set, everything below it compiled."""
        target = self.target
        root = Selection(target.root_type, [(target.node.selection_set, True)], None, AT_ROOT)
        try:
            root_fields = self.collector.collect(root.named, root.sources)
        except RecursionError:
            root_fields = None
        if root_fields is None:
            raise GraphQLError(TOO_DEEP, target.node)
        self._builder.build(root, root_fields)
        _Unit(self).compile(root.children, root)
        return root

    def make_later(self, selection: Selection) -> None:
        """Have *selection* compiled when the first document reaches it."""
        shape = _shape_of(selection)
        selection.lazy = True
        selection.tracks_paths = not self._builder.declares_everything

        def select(parents: list[Any], run: Run, paths: Any, *into: Any) -> list[Any]:
            _Unit(self).compile([selection], None)
            return shape.select(parents, run, paths, *into)

        shape.select = select

    def keep(self, namespace: dict[str, Any]) -> None:
        """Keep in mind what generated code finds its objects in."""
        self._made.append(namespace)

    def take_apart(self) -> None:
        """Undo the circles of what was compiled, which is never run again: it is freed at once then."""
        for made in (*self._made, *map(vars, self._builder.spots), *map(vars, self._builder.shapes)):
            made.clear()
        vars(self).clear()

    def number(self) -> int:
        """A number that no other name of this plan has."""
        self._number += 1
        return self._number

    def build(self, selection: Selection) -> bool:
        """Find the fields of *selection*; False where that goes too deep."""
        try:
            collected = self.collector.collect(selection.named, selection.sources)
        except RecursionError:
            return False
        self._builder.build(selection, collected)
        return True


def _shape_of(selection: Selection) -> ObjectShape:
    if selection.shape is None:
        raise TypeError(selection.named.name)
    return selection.shape


class _Unit:
    """Selections whose code is made together."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._namespace: dict[str, Any] = {
            "INFINITY": leaves.INFINITY,
            "directives": compiler.collector.directives,
            "rows": rows,
            "reordered": reordered,
            "filled": filled,
            "Shared": Shared,
        }
        compiler.keep(self._namespace)
        self._conditions: dict[str, int] = {}
        self._lines: list[str] = []

    def compile(self, selections: Sequence[Selection], root: Selection | None) -> None:
        """Compile *selections* and what lies below them; of *root* only its conditions are needed."""
        found = self._found(selections, forced=root is None)
        for selection in reversed(found):
            for child in selection.children:
                if child.tracks_paths and child.shape is not None:
                    child.shape.spot.tracks_paths = True
            selection.tracks_paths = any(spot.tracks_paths for spot in selection.spots)
        if root is not None:
            for child in root.children:
                if child.tracks_paths and child.shape is not None:
                    child.shape.spot.tracks_paths = True
            found = [root, *found]
        names = [(selection, self._function(selection)) for selection in found]
        source = "\n".join([*self._conditions_function(), *self._lines])
        exec(compile(source, "<plan>", "exec"), self._namespace)
        self._compiler.sources.append(source)
        for selection, name in names:
            if selection.shape is None:
                self._compiler.select_root = self._namespace[name]
            else:
                selection.shape.select = self._namespace[name]

    def _found(self, selections: Sequence[Selection], *, forced: bool) -> list[Selection]:
        """The selections to compile now, each before those below it."""
        found: list[Selection] = []
        waiting = deque((selection, 0) for selection in selections)
        spots = 0
        while waiting:
            selection, depth = waiting.popleft()
            first = forced and not found
            if not first and (depth > MAX_DEPTH or spots > MAX_SPOTS):
                self._compiler.make_later(selection)
                continue
            if not self._compiler.build(selection):
                if first:
                    raise RecursionError(TOO_DEEP)
                self._compiler.make_later(selection)
                continue
            found.append(selection)
            spots += len(selection.spots)
            waiting.extend((child, depth + 1) for child in selection.children)
        return found

    # What follows writes code.

    def _function(self, selection: Selection) -> str:
        name = f"{selection.named.name}_{self._compiler.number()}"
        body = _Function(self, selection, name)
        self._lines += body.lines()
        return name

    def add(self, wanted: str, thing: Any) -> str:
        """The name under which code finds *thing*."""
        name = f"{_WORD.sub('_', wanted)}_{self._compiler.number()}"
        self._namespace[name] = thing
        return name

    def share(self, found: dict[str, Any]) -> None:
        """Let code find these things under these very names."""
        self._namespace.update(found)

    def condition(self, condition: Condition) -> str:
        """Code for whether *condition* holds."""
        if isinstance(condition, bool):
            return str(condition)
        return f"c[{self._conditions.setdefault(condition, len(self._conditions))}]"

    def _conditions_function(self) -> list[str]:
        if not self._conditions:
            return []
        return ["def conditions(d):", f"    return ({', '.join(self._conditions)},)", ""]


class _Function:
    """The code for one selection."""

    def __init__(self, unit: _Unit, selection: Selection, name: str) -> None:
        self._unit = unit
        self._selection = selection
        self._name = name
        self._groups: dict[str, list[Spot]] = {}
        for spot in selection.spots:
            self._groups.setdefault(spot.key, []).append(spot)
        self._inline: list[Spot] = []
        self._zipped: list[tuple[str, str]] = []
        self._shared: dict[Spot, str] = {}

    def lines(self) -> list[str]:
        """The function's source."""
        entries = [self._entry(key, spots) for key, spots in self._groups.items()]
        after = [line for key, spots in self._groups.items() for line in self._after(key, spots)]
        return [
            f"def {self._name}(P, run, X, into=None{_FAST}):",
            *self._guarded(),
            *(["    c = run.choices(conditions, directives)"] if self._chooses() else []),
            *[f"    {name} = {answers}" for name, answers in self._zipped],
            *[f"    {name} = Shared()" for name in self._shared.values()],
            *self._rows(entries),
            *self._ordered(),
            *self._moved(),
            *after,
            "    return O",
            "",
        ]

    def _chooses(self) -> bool:
        return any(spot.condition is not True for spot in self._selection.spots)

    def _guarded(self) -> list[str]:
        guards = self._selection.collected.guards
        if not guards or self._selection.shape is None:
            return []
        named = self._unit.add("guards", guards)
        shape = self._unit.add("shape", self._selection.shape)
        return [
            f"    if run.broken and (error := run.broken_guard({named})):",
            f"        return {shape}.failed(error, len(P), run)",
        ]

    def _rows(self, entries: list[str]) -> list[str]:
        document, documents = "p", "P"
        if self._zipped:
            names = [name for name, _ in self._zipped]
            document, documents = f"p, {', '.join('v' + name for name in names)}", f"zip(P, {', '.join(names)})"
        row = "\n".join(["{", *[f"            {entry}," for entry in entries], "        }"])
        if not self._inline and not self._shared:
            return [f"    O = [{row} for p in P]"]
        constants = {spot.key: spot.value for spot in self._selection.spots if isinstance(spot, Constant)}
        empty = {key: constants.get(key) if len(spots) == 1 else None for key, spots in self._groups.items()}
        again = self._unit.add("inline", (empty, tuple(self._inline)))
        given = ", ".join(f"{name}" for name, _ in self._zipped)
        return [
            "    O = []",
            "    try:",
            f"        for {document} in {documents}: O.append({row})",
            "    except Exception:",
            f"        O = rows({again}, P, run, ({given}{',' if given else ''}))",
            *[f"        {name} = None" for name in self._shared.values()],
        ]

    def _ordered(self) -> list[str]:
        if not self._selection.collected.reorders:
            return []
        order = self._unit.add("order", [spot.group for spot in self._selection.spots])
        return [f"    O = reordered({order}, O, run)"]

    def _moved(self) -> list[str]:
        shape = self._selection.shape
        return ["    if into is not None: O = filled(into, O)"] if shape and _shares(shape.spot) else []

    def _after(self, key: str, spots: list[Spot]) -> list[str]:
        lines = []
        present: list[str] = []
        for spot in spots:
            holds_now = self._unit.condition(spot.condition)
            present.append(holds_now)
            if spot in self._inline or (len(spots) == 1 and isinstance(spot, Constant)):
                continue
            named = self._unit.add(spot.key, spot)
            start = f"{named}.start(P, O, run, {'X' if spot.tracks_paths else 'None'})"
            if spot in self._shared:
                start = f"{named}.start_shared({self._shared[spot]}, P, O, run)"
            lines.append(f"    {start}" if spot.condition is True else f"    if {holds_now}: {start}")
        if "True" not in present and not self._selection.collected.reorders:
            absent = " or ".join(present)
            lines += [f"    if not ({absent}):", f"        for o in O: del o[{key!r}]"]
        return lines

    def _entry(self, key: str, spots: list[Spot]) -> str:
        spot = spots[0]
        shown = "None"
        if len(spots) == 1:
            expression = self._expression(spot)
            if expression is not None:
                shown = expression
                if spot.condition is not True and not isinstance(spot, Constant):
                    shown = f"({shown}) if {self._unit.condition(spot.condition)} else None"
        return f"{key!r}: {shown}"

    def _expression(self, spot: Spot) -> str | None:
        """Code for the field's answer, where it can stand inline."""
        if isinstance(spot, Constant):
            return repr(spot.value)
        if isinstance(spot, Batched):
            return self._batched(spot)
        return self._plain(spot) if isinstance(spot, Plain) else None

    def _plain(self, spot: Plain) -> str | None:
        if isinstance(spot.shape, LeafShape):
            self._inline.append(spot)
            return self._leaf(spot.shape, f"v := {self._read(spot)}", "v", spot.key)
        if isinstance(spot.shape, ListShape) and isinstance(spot.shape.inner, LeafShape):
            self._inline.append(spot)
            otherwise = f"{self._unit.add(spot.key, spot.shape.single)}(v, run)"
            if spot.shape.nullable:
                otherwise = f"None if v is None else {otherwise}"
            item = self._leaf(spot.shape.inner, "x", "x", spot.key)
            return f"[{item} for x in v] if type(v := {self._read(spot)}) is list else {otherwise}"
        return None

    def _batched(self, spot: Batched) -> str | None:
        if isinstance(spot, Linking) and _shares(spot):
            name = self._shared[spot] = f"s{len(self._shared)}"
            return f"{name}[p.get({spot.linked.key!r})]"
        return None if spot.answer.is_async or not isinstance(spot.shape, LeafShape) else self._zipped_leaf(spot)

    def _zipped_leaf(self, spot: Batched) -> str:
        name = f"a{len(self._zipped)}"
        answers = f"{self._unit.add(spot.key, spot)}.answers(P, run)"
        if spot.condition is not True:
            answers = f"{answers} if {self._unit.condition(spot.condition)} else [None] * len(P)"
        self._zipped.append((name, answers))
        self._inline.append(spot)
        shape = spot.shape
        return self._leaf(shape, f"v{name}", f"v{name}", spot.key) if isinstance(shape, LeafShape) else "None"

    def _leaf(self, shape: LeafShape, value: str, name: str, key: str) -> str:
        prefix = f"{shape.leaf.type.name}_"
        self._unit.share(shape.leaf.namespace(prefix))
        fallback = self._unit.add(key, shape.one)
        return shape.leaf.expression(value, name, fallback, prefix, nullable=shape.nullable)

    def _read(self, spot: Plain) -> str:
        answer: Column | Value = spot.answer
        if isinstance(answer, Value):
            return f"{self._unit.add(spot.key, answer.of)}(p)"
        # A key that may not be null is there: its absence may cost the exception.
        return f"p.get({answer.key!r})" if spot.shape.nullable else f"p[{answer.key!r}]"


def _shares(spot: Spot) -> bool:
    """Whether the objects of *spot* stand in the answers of their parents before they are filled."""
    return isinstance(spot, Linking) and isinstance(spot.shape, ObjectShape) and not spot.tracks_paths


def filled(answers: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """*answers*, each filled with what is *shown* there."""
    for answer, one in zip(answers, shown, strict=True):
        answer.update(one)
    return answers


def rows(
    inline: tuple[dict[str, Any], tuple[Spot, ...]], parents: list[Any], run: Run, given: Sequence[list[Any]]
) -> list[dict[str, Any]]:
    """The answers with their inline fields, each value apart: what the comprehension does where it may fail."""
    empty, spots = inline
    answers: list[dict[str, Any]] = [dict(empty) for _ in parents]
    zipped = iter(given)
    for spot in spots:
        values = next(zipped) if isinstance(spot, Batched) else None
        if not holds(spot.condition, run.truths):
            continue
        if isinstance(spot, Plain):
            values = [spot.read(parent) for parent in parents]
        spot.fill(values or [], answers, run, None)
    return answers


def reordered(groups: Sequence[Group], answers: list[dict[str, Any]], run: Run) -> list[dict[str, Any]]:
    """The answers with the keys that this request includes, in the order in which it includes them."""
    first: dict[str, int] = {}
    for group in groups:
        places = [part.place for part in group.parts if holds(part.condition, run.truths)]
        if places and holds(group.condition, run.truths):
            first[group.key] = min(places)
    keys = sorted(first, key=first.__getitem__)
    return [{key: answer[key] for key in keys} for answer in answers]
