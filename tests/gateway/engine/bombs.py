"""Documents that are made to keep a process busy: each kind as large as it fits the limits."""

from collections.abc import Iterator

from graphql import GraphQLLeafType, GraphQLSchema, get_introspection_query, get_named_type

FULL_INTROSPECTION = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
)


def leaves(schema: GraphQLSchema, name: str) -> str:
    """The fields of an object type that are scalars and need no arguments."""
    fields = getattr(schema.type_map[name], "fields", {})
    return " ".join(
        one
        for one, field in fields.items()
        if isinstance(get_named_type(field.type), GraphQLLeafType)
        and not any(argument.default is None for argument in field.args.values())
    )


def times(count: int, pattern: str) -> str:
    """*pattern* with `#` for the number, *count* times."""
    return " ".join(pattern.replace("#", str(number)) for number in range(count))


def bombs(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """The name of each kind and its document."""
    mark, lesson = leaves(schema, "Mark"), leaves(schema, "Lesson")
    student = '{ student(id: "a") { %s } }'
    nodes = [member.name for member in schema.get_possible_types(schema.type_map["Node"])]  # type: ignore[arg-type]
    # Places of errors
    lines = "\n" * 4_990
    yield "unknown fields behind many lines", lines + "{ viewer { " + times(800, "a#") + " } }"
    yield "equal variables behind many lines", lines + "query (" + times(300, "$v: Int") + ") { viewer { role } }"
    yield "unknown fields behind too many lines", "\n" * 45_000 + "{ viewer { " + times(200, "a#") + " } }"
    # Introspection
    yield "introspection", FULL_INTROSPECTION
    types = "a#: types { fields { args { type { ofType { ofType { name } } } } } }"
    yield "introspection by aliases", "{ __schema { " + times(45, types) + " } }"
    yield (
        "introspection of defaults",
        "{ __schema { " + times(45, "a#: types { fields { args { defaultValue } } }") + " } }",
    )
    yield (
        "introspection by roots",
        "{ " + times(20, f"a#: __schema {{ types {{ {'fields { name type { name } }'} }} }}") + " }",
    )
    wide = "types { " + times(48, "a#: name") + " fields { name description type { kind name } } }"
    yield "introspection of many values", "{ __schema { " + wide + " } }"
    yield "introspection by long aliases", "{ __schema { types { " + times(49, "a" * 120 + "#: description") + " } } }"
    yield (
        "introspection by fragments",
        "{ __schema { types { ...F0 } } } "
        + times(24, "fragment F# on __Type { ...G# a#: fields { ...H } }")
        + " fragment H on __Field { name args { name type { name } } } "
        + " ".join(f"fragment G{n} on __Type {{ ...F{n + 1} }}" for n in range(23))
        + " fragment G23 on __Type { name }",
    )
    # Length
    yield "comments", "{ viewer { role } } " + "#\n" * 24_000
    yield "commas", "{ viewer { role } }" + "," * 49_000
    yield "a long string", '{ student(id: "' + "x" * 49_000 + '") { id } }'
    yield "a block string", '{ student(id: """' + "x\n" * 20_000 + '""") { id } }'
    yield "a long name", "{ " + "x" * 40_000 + " }"
    # Fields
    yield (
        "fields",
        student % times(49, f"a#: marks(first: 1) {{ nodes {{ {mark} lesson {{ {lesson} }} subject {{ name }} }} }}"),
    )
    yield (
        "fields in fragments",
        (
            student % times(49, "a#: marks(first: 1) { nodes { ...M } }")
            + f" fragment M on Mark {{ {mark} lesson {{ {lesson} subject {{ name }} work: subject {{ name }} }} }}"
        ),
    )
    yield "the same field", "{ viewer { " + "role " * 62 + "} }"
    yield "typename", "{ viewer { " + "__typename " * 4_000 + "} }"
    yield "unknown fields", student % times(2_400, "marks#")
    yield "unknown arguments", student % ("marks(" + times(1_500, "first#: 1") + ") { nodes { id } }")
    yield (
        "every node",
        (
            "{ "
            + times(12, 'n#: node(id: "a#") { ...F }')
            + " } fragment F on Node { id "
            + " ".join(f"... on {name} {{ id __typename }}" for name in nodes)
            + " }"
        ),
    )
    # Fragments and directives
    fan = times(49, "fragment F# on Student { @@ }")
    for number in range(49):
        fan = fan.replace("@@", " ".join(f"...F{other}" for other in range(number + 1, 50)), 1)
    yield "fragments in fragments", student % "...F0" + " " + fan + " fragment F49 on Student { id }"
    yield "inline fragments", student % ("... on Student { id } " * 62)
    yield "deep fields", "{ " * 2_000 + "}" * 2_000
    yield (
        "conditions",
        (
            "query ("
            + times(24, "$a#: Boolean!")
            + ') { student(id: "a") { '
            + times(24, "... @include(if: $a#) { ...G @skip(if: $a#) }")
            + " } } fragment G on Student { id displayName }"
        ),
    )
    yield "one unknown directive", "{ viewer { role " + "@a " * 49 + "} }"
    yield "unknown directives", "{ viewer { role " + times(49, "@a#") + "} }"
    yield "repeated directives", "{ viewer { role " + "@skip(if: false) " * 49 + "} }"
    # Variables and operations
    yield "unused variables", "query (" + times(1_200, "$a#: Int") + ") { viewer { role } }"
    yield "variables of unknown types", "query (" + times(1_200, "$a#: Int#") + ") { viewer { role } }"
    yield "operations", times(500, "query Q# { viewer { role } }")
    yield "undefined variables", student % ("marks(subjectId: [" + times(199, "$a#") + "]) { nodes { id } }")
    yield "a long list", student % ("marks(subjectId: [" + "1 " * 199 + "]) { nodes { id } }")
    yield "a huge number", student % ("marks(first: " + "9" * 49_000 + ") { nodes { id } }")
