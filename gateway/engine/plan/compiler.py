"""Compiles an operation to a plan: each selection set becomes a Python function over a list of documents.

Large operations are compiled in units. Selections that lie very deep, or beyond so many fields, are compiled when the
first document reaches them.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from graphql import GraphQLError

from gateway.engine import codegen
from gateway.engine.plan import code_generation, leaf_types
from gateway.engine.plan.compile_input import CompileInput
from gateway.engine.plan.complete_value import Select
from gateway.engine.plan.nulls import AT_ROOT
from gateway.engine.plan.planned_fields import ReferencedObjects
from gateway.engine.plan.run import Run
from gateway.engine.plan.selection import Builder, Selection
from gateway.engine.prepare.collect_fields import Condition

MAX_DEPTH: Final = 40
UNIT_FIELDS: Final = 400
"""The number of fields that are compiled without a pause, in about 30 ms."""
MAX_FIELDS: Final = 3_000
"""The number of fields compiled before the plan runs; further ones are compiled when a document reaches them."""

TOO_DEEP: Final = "Selections are nested too deeply. Execution aborted."

_WORD: Final = re.compile(r"\W")


class Compiler:
    """Compiles one operation."""

    def __init__(self, compile_input: CompileInput) -> None:
        self.sources: list[str] = []
        self.select_root: Select | None = None
        self._input = compile_input
        self._builder = Builder(compile_input, self.make_later)
        self._number = 0
        self._fields = 0
        self._waiting: deque[Selection] = deque()
        self._namespaces: list[dict[str, Any]] = []

    def root(self) -> Selection:
        """Compile the operation's own selection set, with as many selections below it as fit into one unit."""
        root = Selection(None, self._input.root.named, None, AT_ROOT)
        if not self.build(root):
            raise GraphQLError(TOO_DEEP, self._input.operation.node)
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
        """Leave *selection* to a later unit, because this one already has *fields* fields."""
        self.make_later(selection)
        if self._fields + fields <= MAX_FIELDS:
            self._waiting.append(selection)

    def count(self, fields: int) -> None:
        """Count the fields of a unit."""
        self._fields += fields

    def make_later(self, selection: Selection) -> None:
        """Have *selection* compiled when the first document reaches it."""
        completer = selection.completer
        if completer is None:  # pragma: no cover - the root is never made later
            raise TypeError(selection.named.name)
        selection.lazy = True
        selection.tracks_paths = not self._builder.declares_everything

        def select(parents: list[Any], run: Run, paths: Any, *into: Any) -> list[Any]:
            _Unit(self).compile([selection], None)
            return completer.select(parents, run, paths, *into)

        completer.select = select

    def own(self, namespace: dict[str, Any]) -> None:
        """Free *namespace*, in which generated code finds its objects, with the plan."""
        self._namespaces.append(namespace)

    def free(self) -> None:
        """Break the reference cycles of what was compiled, which is never run again, so that it is freed at once."""
        for namespace in (*self._namespaces, *map(vars, self._builder.fields), *map(vars, self._builder.completers)):
            namespace.clear()
        self._input.operation.tree.free()
        vars(self).clear()

    def number(self) -> int:
        """A number that no other name of this plan has."""
        self._number += 1
        return self._number

    def build(self, selection: Selection) -> bool:
        """Plan the fields of *selection*; False where that goes too deep."""
        try:
            self._builder.build(selection)
        except RecursionError:
            return False
        return True


class _Unit:
    """Selections whose code is made together."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._namespace: dict[str, Any] = {
            "INFINITY": leaf_types.INFINITY,
            "ReferencedObjects": ReferencedObjects,
            **code_generation.FUNCTIONS,
        }
        compiler.own(self._namespace)
        self._conditions: dict[str, int] = {}
        self._lines: list[str] = []

    def compile(self, selections: Sequence[Selection], root: Selection | None) -> None:
        """Compile *selections* and what lies below them; of *root* only its conditions are needed."""
        found = self._found(selections, forced=root is None)
        for selection in reversed(found):
            selection.pass_paths_up()
            selection.tracks_paths = any(field.tracks_paths for field in selection.fields)
        if root is not None:
            root.pass_paths_up()
            found = [root, *found]
        names = [(selection, self._function(selection)) for selection in found]
        source = "\n".join([*self._conditions_function(), *self._lines])
        codegen.execute("plan", source, self._namespace)
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

    def _function(self, selection: Selection) -> str:
        name = f"{selection.named.name}_{self._compiler.number()}"
        self._lines += code_generation.SelectionCode(self, selection, name).lines()
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
