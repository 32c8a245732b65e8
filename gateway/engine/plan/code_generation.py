"""Writes the Python of one selection set: a function over a list of documents.

The function takes the documents, the run, and their paths (None where nobody needs them); it returns one answer for
each document. Columns and computed values stand inline in it; every other field is started through its `PlannedField`.
A sample is in `gateway.engine.codegen`.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from gateway.engine.declarations import Column, Value
from gateway.engine.plan.complete_value import LeafCompleter, ListCompleter, ObjectCompleter
from gateway.engine.plan.planned_fields import BatchField, ConstantField, DocumentField, PlannedField, ReferenceField
from gateway.engine.plan.run import Run
from gateway.engine.plan.selection import Selection
from gateway.engine.plan.slow_paths import SLOW_PATHS
from gateway.engine.prepare.collect_fields import Condition, FieldGroup, holds

_FAST: Final = ", type=type, str=str, int=int"
"""Local names are found faster, by a fifteenth of a row's time."""


class Unit(Protocol):
    """The namespace and the conditions that the code of several selections shares."""

    def add(self, wanted: str, thing: Any) -> str: ...

    def share(self, found: dict[str, Any]) -> None: ...

    def condition(self, condition: Condition) -> str: ...


class SelectionCode:
    """The code for one selection."""

    def __init__(self, unit: Unit, selection: Selection, name: str) -> None:
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
            *(["    c = run.choices(conditions)"] if self._chooses() else []),
            *[f"    {name} = {answers}" for name, answers in self._zipped],
            *[f"    {name} = ReferencedObjects()" for name in self._shared.values()],
            *self._loop_over_documents(entries),
            *self._ordered(),
            *self._moved(),
            *after,
            "    return O",
            "",
        ]

    def _chooses(self) -> bool:
        return any(field.condition is not True for field in self._selection.fields)

    def _guarded(self) -> list[str]:
        guards = self._selection.guards
        if not guards or self._selection.completer is None:
            return []
        named = self._unit.add("guards", guards)
        completer = self._unit.add("completer", self._selection.completer)
        return [
            f"    if run.broken and (error := run.broken_guard({named})):",
            f"        return {completer}.failed(error, len(P), run)",
        ]

    def _loop_over_documents(self, entries: list[str]) -> list[str]:
        document, documents = "p", "P"
        if self._zipped:
            names = [name for name, _ in self._zipped]
            document, documents = f"p, {', '.join('v' + name for name in names)}", f"zip(P, {', '.join(names)})"
        row = "\n".join(["{", *[f"            {entry}," for entry in entries], "        }"])
        if not self._inline and not self._shared:
            return [f"    O = [{row} for p in P]"]
        constants = {field.key: field.value for field in self._selection.fields if isinstance(field, ConstantField)}
        empty = {key: constants.get(key) if len(fields) == 1 else None for key, fields in self._groups.items()}
        again = self._unit.add("inline", (empty, tuple(self._inline)))
        zipped_values = ", ".join(f"{name}" for name, _ in self._zipped)
        return [
            "    O = []",
            "    try:",
            f"        for {document} in {documents}: O.append({row})",
            "    except Exception:",
            f"        O = rows({again}, P, run, ({zipped_values}{',' if zipped_values else ''}))",
            *[f"        {name} = None" for name in self._shared.values()],
        ]

    def _ordered(self) -> list[str]:
        if not self._selection.reorders:
            return []
        order = self._unit.add("order", [planned.field.group for planned in self._selection.fields])
        return [f"    O = reordered({order}, O, run)"]

    def _moved(self) -> list[str]:
        owner = self._selection.owner
        return ["    if into is not None: O = filled(into, O)"] if owner is not None and _shares(owner) else []

    def _after(self, key: str, fields: list[PlannedField]) -> list[str]:
        lines = []
        present: list[str] = []
        for field in fields:
            holds_now = self._unit.condition(field.condition)
            present.append(holds_now)
            if field in self._inline or (len(fields) == 1 and isinstance(field, ConstantField)):
                continue
            named = self._unit.add(field.key, field)
            start = f"{named}.start(P, O, run, {'X' if field.tracks_paths else 'None'})"
            if field in self._shared:
                start = f"{named}.start_referenced({self._shared[field]}, P, O, run)"
            lines.append(f"    {start}" if field.condition is True else f"    if {holds_now}: {start}")
        if "True" not in present and not self._selection.reorders:
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
                if field.condition is not True and not isinstance(field, ConstantField):
                    shown = f"({shown}) if {self._unit.condition(field.condition)} else None"
        return f"{key!r}: {shown}"

    def _expression(self, field: PlannedField) -> str | None:
        """Code for the field's answer, where it can stand inline."""
        if isinstance(field, ConstantField):
            return repr(field.value)
        if isinstance(field, BatchField):
            return self._batched(field)
        return self._plain(field) if isinstance(field, DocumentField) else None

    def _plain(self, field: DocumentField) -> str | None:
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

    def _batched(self, field: BatchField) -> str | None:
        if isinstance(field, ReferenceField) and _shares(field):
            name = self._shared[field] = f"s{len(self._shared)}"
            return f"{name}[p.get({field.reference.key!r})]"
        return (
            None
            if field.answer.is_async or not isinstance(field.completer, LeafCompleter)
            else self._zipped_leaf(field)
        )

    def _zipped_leaf(self, field: BatchField) -> str:
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

    def _read(self, field: DocumentField) -> str:
        answer: Column | Value = field.answer
        if isinstance(answer, Value):
            return f"{self._unit.add(field.key, answer.of)}(p)"
        # A key that may not be null is there: its absence may cost the exception.
        return f"p.get({answer.key!r})" if field.completer.nullable else f"p[{answer.key!r}]"


def _shares(field: PlannedField) -> bool:
    """Whether the objects of *field* are put into the answers of their parents before they are read."""
    return isinstance(field, ReferenceField) and isinstance(field.completer, ObjectCompleter) and not field.tracks_paths


def filled(answers: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add what *shown* has for each of *answers* to it, and return *answers*; generated code calls this."""
    for answer, one in zip(answers, shown, strict=True):
        answer.update(one)
    return answers


def rows(
    inline: tuple[dict[str, Any], tuple[PlannedField, ...]], parents: list[Any], run: Run, batches: Sequence[list[Any]]
) -> list[dict[str, Any]]:
    """The slow path of a comprehension that raised an exception: each inline value is computed by itself."""
    empty, fields = inline
    SLOW_PATHS.labels("rows").inc()
    answers: list[dict[str, Any]] = [dict(empty) for _ in parents]
    zipped = iter(batches)
    for field in fields:
        values = next(zipped) if isinstance(field, BatchField) else None
        if not holds(field.condition, run.truths):
            continue
        if isinstance(field, DocumentField):
            values = [field.read(parent) for parent in parents]
        field.fill(values or [], answers, run, None)
    return answers


def reordered(groups: Sequence[FieldGroup], answers: list[dict[str, Any]], run: Run) -> list[dict[str, Any]]:
    """The answers with the keys that this request includes, in the order in which it includes them."""
    first: dict[str, int] = {}
    for group in groups:
        places = [part.place for part in group.parts if holds(part.condition, run.truths)]
        if places and holds(group.condition, run.truths):
            first[group.key] = min(places)
    keys = sorted(first, key=first.__getitem__)
    return [{key: answer[key] for key in keys} for answer in answers]


FUNCTIONS: Final = {"filled": filled, "reordered": reordered, "rows": rows}
"""The functions that generated code calls, by the names it has for them."""
