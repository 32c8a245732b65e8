"""Compiles generated Python: the only place that executes it, so that tracebacks show its lines.

The code of `{ books { id writer { name } } }` looks like this; `P` are documents and `O` their answers:

    def Book_2(P, run, X, into=None, type=type, str=str, int=int):
        s0 = ReferencedObjects()
        O = []
        try:
            for p in P: O.append({
                'id': v if type(v := p['_id']) is str else id_4(v, run),
                'writer': s0[p.get('writer_id')],
            })
        except Exception:
            O = rows(inline_5, P, run, ())
            s0 = None
        writer_6.start_referenced(s0, P, O, run)
        return O
"""

import linecache
import weakref
from itertools import count
from types import FunctionType
from typing import Any, Final

_NUMBERS: Final = count(1)


def execute(title: str, source: str, namespace: dict[str, Any]) -> None:
    """Execute *source*, which defines functions, in *namespace*; *title* names it in tracebacks.

    Its lines are known to tracebacks as long as its first function exists.
    """
    filename = f"generated {title} {next(_NUMBERS)}"
    code = compile(source, filename, "exec")
    exec(code, namespace)
    linecache.cache[filename] = (lambda: source,)  # a lazy entry, split into lines when it is needed
    functions = (namespace[name] for name in code.co_names if isinstance(namespace.get(name), FunctionType))
    first = next(functions, None)
    if first is not None:
        weakref.finalize(first, linecache.cache.pop, filename, None).atexit = False
