from gateway.observability.operation_names import MAX_LENGTH, OTHER, OperationNames


def test_a_name_is_told_apart_when_it_is_used_often() -> None:
    names = OperationNames(10, uses=3)
    assert [names.used("Start") for _ in range(4)] == [OTHER, OTHER, "Start", "Start"]
    assert names.label("Start") == "Start"
    assert names.label("Another") == OTHER


def test_a_name_is_told_apart_at_once_when_a_manifest_has_it() -> None:
    names = OperationNames(0, uses=3, known=["Start"])
    assert names.used("Start") == "Start"


def test_an_operation_without_a_name_has_none() -> None:
    assert OperationNames(10, uses=1).used("") == ""


def test_a_name_of_many_letters_is_other_however_often_it_is_used() -> None:
    names = OperationNames(10, uses=1)
    assert {names.used("a" * (MAX_LENGTH + 1)) for _ in range(100)} == {OTHER}
    assert names.used("a" * MAX_LENGTH) != OTHER


def test_a_flood_of_names_takes_no_place_from_one_that_is_used_all_the_while() -> None:
    names = OperationNames(50, uses=10)
    labels = []
    for number in range(100_000):
        names.used(f"Junk{number}")
        if number % 20 == 0:
            labels.append(names.used("Start"))
    assert set(labels[100:]) == {"Start"}


def test_names_that_were_used_often_give_up_their_places_to_those_that_are_used_now() -> None:
    names = OperationNames(50, uses=10)
    for number in range(50):
        for _ in range(2_000):
            names.used(f"Junk{number}")
    assert names.label("Junk0") == "Junk0"
    uses = next(count for count in range(10_000) if names.used("Start") == "Start")
    assert uses < 1_100
