"""From a validated operation to a plan: each selection set becomes a Python function over a list of documents.

A function takes the documents, the run, and their paths (None where nobody asks for paths); it returns one answer for
each document. Plain columns and values stand inline in it; every other field is started through its field. Selections
that lie very deep, or in very large documents, are compiled when the first document reaches them.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from graphql import GraphQLError

from gateway.engine.declarations import Column, Value
from gateway.engine.plan import leaf_types
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.complete_value import LeafCompleter, ListCompleter, ObjectCompleter, Select
from gateway.engine.plan.planned_fields import Batched, Constant, Plain, PlannedField, ReferenceField, Shared
from gateway.engine.plan.rounds import AT_ROOT
from gateway.engine.plan.run import Run
from gateway.engine.plan.selection import Builder, Selection
from gateway.engine.prepare.collect_fields import Collector, Condition, Group, holds

MAX_DEPTH: Final = 40
UNIT_FIELDS: Final = 400
"""So many fields are compiled at a stretch, which takes some 30 ms."""
MAX_FIELDS: Final = 3_000
"""So many fields are compiled before the plan runs; the rest when the first document reaches them."""

TOO_DEEP: Final = "Selections are nested too deeply. Execution aborted."

_FAST: Final = ", type=type, str=str, int=int"
"""Local names are found faster, by a fifteenth of a row's time."""

_WORD: Final = re.compile(r"\W")


class Compiler:
    """Compiles one operation."""

    def __init__(self, target: CompileInput) -> None:
        self.target = target
        self.collector = Collector(target.schema, target.fragments)
        self.sources: list[str] = []
        self.select_root: Select | None = None
        self._builder = Builder(target, self.make_later)
        self._number = 0
        self._fields = 0
        self._waiting: deque[Selection] = deque()
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

    def compile_rest(self) -> Iterator[None]:
        """Compile what the first unit left out, with a pause before each further unit."""
        while self._waiting:
            selection = self._waiting.popleft()
            if selection.lazy:
                yield
                _Unit(self).compile([selection], None)

    def postpone(self, selection: Selection, fields: int) -> None:
        """Leave *selection* to another unit, for this one has *fields* already."""
        self.make_later(selection)
        if self._fields + fields <= MAX_FIELDS:
            self._waiting.append(selection)

    def count(self, fields: int) -> None:
        """Count the fields of a unit."""
        self._fields += fields

    def make_later(self, selection: Selection) -> None:
        """Have *selection* compiled when the first document reaches it."""
        completer = _shape_of(selection)
        selection.lazy = True
        selection.tracks_paths = not self._builder.declares_everything

        def select(parents: list[Any], run: Run, paths: Any, *into: Any) -> list[Any]:
            _Unit(self).compile([selection], None)
            return completer.select(parents, run, paths, *into)

        completer.select = select

    def keep(self, namespace: dict[str, Any]) -> None:
        """Keep in mind what generated code finds its objects in."""
        self._made.append(namespace)

    def take_apart(self) -> None:
        """Undo the circles of what was compiled, which is never run again: it is freed at once then."""
        for made in (*self._made, *map(vars, self._builder.fields), *map(vars, self._builder.completers)):
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


def _shape_of(selection: Selection) -> ObjectCompleter:
    if selection.completer is None:
        raise TypeError(selection.named.name)
    return selection.completer


class _Unit:
    """Selections whose code is made together."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._namespace: dict[str, Any] = {
            "INFINITY": leaf_types.INFINITY,
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
                if child.tracks_paths and child.completer is not None:
                    child.completer.field.tracks_paths = True
            selection.tracks_paths = any(field.tracks_paths for field in selection.fields)
        if root is not None:
            for child in root.children:
                if child.tracks_paths and child.completer is not None:
                    child.completer.field.tracks_paths = True
            found = [root, *found]
        names = [(selection, self._function(selection)) for selection in found]
        source = "\n".join([*self._conditions_function(), *self._lines])
        exec(compile(source, "<plan>", "exec"), self._namespace)
        self._compiler.sources.append(source)
        for selection, name in names:
            if selection.completer is None:
                self._compiler.select_root = self._namespace[name]
            else:
                selection.completer.select = self._namespace[name]
            selection.lazy = False

    def _found(self, selections: Sequence[Selection], *, forced: bool) -> list[Selection]:
        """The selections to compile now, each before those below it."""
        found: list[Selection] = []
        waiting = deque((selection, 0) for selection in selections)
        fields = 0
        while waiting:
            selection, depth = waiting.popleft()
            first = forced and not found
            if not first and depth > MAX_DEPTH:
                self._compiler.make_later(selection)
                continue
            if not first and fields > UNIT_FIELDS:
                self._compiler.postpone(selection, fields)
                continue
            if not self._compiler.build(selection):
                if first:
                    raise RecursionError(TOO_DEEP)
                self._compiler.make_later(selection)
                continue
            found.append(selection)
            fields += len(selection.fields)
            waiting.extend((child, depth + 1) for child in selection.children)
        self._compiler.count(fields)
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
        self._groups: dict[str, list[PlannedField]] = {}
        for field in selection.fields:
            self._groups.setdefault(field.key, []).append(field)
        self._inline: list[PlannedField] = []
        self._zipped: list[tuple[str, str]] = []
        self._shared: dict[PlannedField, str] = {}

    def lines(self) -> list[str]:
        """The function's source."""
        entries = [self._entry(key, fields) for key, fields in self._groups.items()]
        after = [line for key, fields in self._groups.items() for line in self._after(key, fields)]
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
        return any(field.condition is not True for field in self._selection.fields)

    def _guarded(self) -> list[str]:
        guards = self._selection.collected.guards
        if not guards or self._selection.completer is None:
            return []
        named = self._unit.add("guards", guards)
        completer = self._unit.add("completer", self._selection.completer)
        return [
            f"    if run.broken and (error := run.broken_guard({named})):",
            f"        return {completer}.failed(error, len(P), run)",
        ]

    def _rows(self, entries: list[str]) -> list[str]:
        document, documents = "p", "P"
        if self._zipped:
            names = [name for name, _ in self._zipped]
            document, documents = f"p, {', '.join('v' + name for name in names)}", f"zip(P, {', '.join(names)})"
        row = "\n".join(["{", *[f"            {entry}," for entry in entries], "        }"])
        if not self._inline and not self._shared:
            return [f"    O = [{row} for p in P]"]
        constants = {field.key: field.value for field in self._selection.fields if isinstance(field, Constant)}
        empty = {key: constants.get(key) if len(fields) == 1 else None for key, fields in self._groups.items()}
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
        order = self._unit.add("order", [field.group for field in self._selection.fields])
        return [f"    O = reordered({order}, O, run)"]

    def _moved(self) -> list[str]:
        completer = self._selection.completer
        return ["    if into is not None: O = filled(into, O)"] if completer and _shares(completer.field) else []

    def _after(self, key: str, fields: list[PlannedField]) -> list[str]:
        lines = []
        present: list[str] = []
        for field in fields:
            holds_now = self._unit.condition(field.condition)
            present.append(holds_now)
            if field in self._inline or (len(fields) == 1 and isinstance(field, Constant)):
                continue
            named = self._unit.add(field.key, field)
            start = f"{named}.start(P, O, run, {'X' if field.tracks_paths else 'None'})"
            if field in self._shared:
                start = f"{named}.start_shared({self._shared[field]}, P, O, run)"
            lines.append(f"    {start}" if field.condition is True else f"    if {holds_now}: {start}")
        if "True" not in present and not self._selection.collected.reorders:
            absent = " or ".join(present)
            lines += [f"    if not ({absent}):", f"        for o in O: del o[{key!r}]"]
        return lines

    def _entry(self, key: str, fields: list[PlannedField]) -> str:
        field = fields[0]
        shown = "None"
        if len(fields) == 1:
            expression = self._expression(field)
            if expression is not None:
                shown = expression
                if field.condition is not True and not isinstance(field, Constant):
                    shown = f"({shown}) if {self._unit.condition(field.condition)} else None"
        return f"{key!r}: {shown}"

    def _expression(self, field: PlannedField) -> str | None:
        """Code for the field's answer, where it can stand inline."""
        if isinstance(field, Constant):
            return repr(field.value)
        if isinstance(field, Batched):
            return self._batched(field)
        return self._plain(field) if isinstance(field, Plain) else None

    def _plain(self, field: Plain) -> str | None:
        if isinstance(field.completer, LeafCompleter):
            self._inline.append(field)
            return self._leaf(field.completer, f"v := {self._read(field)}", "v", field.key)
        if isinstance(field.completer, ListCompleter) and isinstance(field.completer.inner, LeafCompleter):
            self._inline.append(field)
            otherwise = f"{self._unit.add(field.key, field.completer.single)}(v, run)"
            if field.completer.nullable:
                otherwise = f"None if v is None else {otherwise}"
            item = self._leaf(field.completer.inner, "x", "x", field.key)
            return f"[{item} for x in v] if type(v := {self._read(field)}) is list else {otherwise}"
        return None

    def _batched(self, field: Batched) -> str | None:
        if isinstance(field, ReferenceField) and _shares(field):
            name = self._shared[field] = f"s{len(self._shared)}"
            return f"{name}[p.get({field.linked.key!r})]"
        return (
            None
            if field.answer.is_async or not isinstance(field.completer, LeafCompleter)
            else self._zipped_leaf(field)
        )

    def _zipped_leaf(self, field: Batched) -> str:
        name = f"a{len(self._zipped)}"
        answers = f"{self._unit.add(field.key, field)}.answers(P, run)"
        if field.condition is not True:
            answers = f"{answers} if {self._unit.condition(field.condition)} else [None] * len(P)"
        self._zipped.append((name, answers))
        self._inline.append(field)
        completer = field.completer
        return (
            self._leaf(completer, f"v{name}", f"v{name}", field.key) if isinstance(completer, LeafCompleter) else "None"
        )

    def _leaf(self, completer: LeafCompleter, value: str, name: str, key: str) -> str:
        prefix = f"{completer.leaf.type.name}_"
        self._unit.share(completer.leaf.namespace(prefix))
        fallback = self._unit.add(key, completer.one)
        return completer.leaf.expression(value, name, fallback, prefix, nullable=completer.nullable)

    def _read(self, field: Plain) -> str:
        answer: Column | Value = field.answer
        if isinstance(answer, Value):
            return f"{self._unit.add(field.key, answer.of)}(p)"
        # A key that may not be null is there: its absence may cost the exception.
        return f"p.get({answer.key!r})" if field.completer.nullable else f"p[{answer.key!r}]"


def _shares(field: PlannedField) -> bool:
    """Whether the objects of *field* stand in the answers of their parents before they are filled."""
    return isinstance(field, ReferenceField) and isinstance(field.completer, ObjectCompleter) and not field.tracks_paths


def filled(answers: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """*answers*, each filled with what is *shown* there."""
    for answer, one in zip(answers, shown, strict=True):
        answer.update(one)
    return answers


def rows(
    inline: tuple[dict[str, Any], tuple[PlannedField, ...]], parents: list[Any], run: Run, given: Sequence[list[Any]]
) -> list[dict[str, Any]]:
    """The answers with their inline fields, each value apart: what the comprehension does where it may fail."""
    empty, fields = inline
    answers: list[dict[str, Any]] = [dict(empty) for _ in parents]
    zipped = iter(given)
    for field in fields:
        values = next(zipped) if isinstance(field, Batched) else None
        if not holds(field.condition, run.truths):
            continue
        if isinstance(field, Plain):
            values = [field.read(parent) for parent in parents]
        field.fill(values or [], answers, run, None)
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
