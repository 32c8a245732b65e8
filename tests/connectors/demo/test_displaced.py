from tests.connectors.demo.generated import Generated


def test_one_record_of_each_kind_stands_at_a_lesson_of_another_subject_in_each_school(demo: Generated) -> None:
    for place, ids in demo.displaced.items():
        records = [record for record in demo[place] if record["_id"] in ids]
        assert sorted(record["school_id"] for record in records) == sorted([demo.school, demo.college]), place
        for record in records:
            lesson = demo.lessons[record["lesson_id"]]
            day = next(record[key] for key in ("given_on", "made_on", "date") if key in record)
            assert (lesson["date"], lesson["group_id"]) == (day, None)
