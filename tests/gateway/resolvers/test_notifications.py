"""Notifications: the inbox of a parent and of a student, with what they may read of it today."""

from typing import Final

from auth.viewer import Role
from tests.gateway.asking import TinySchool

OLGA: Final = ("olga", Role.PARENT)
INBOX: Final = """{ viewer { unreadNotifications } notifications { totalCount nodes {
  kind at isRead student { id } object { __typename id } } } }"""


async def test_the_latest_comes_first_with_its_object_as_it_is_now(tiny: TinySchool) -> None:
    data = await tiny.data(*OLGA, INBOX)
    nodes = data["notifications"]["nodes"]
    ivan = {"id": tiny.id("Student", "ivan")}
    assert nodes[0] == {
        "kind": "MARK",
        "at": "2026-11-18T10:00:00+05:00",
        "isRead": False,
        "student": ivan,
        "object": None,  # it was removed
    }
    found = {(one["kind"], one["object"]["__typename"]): one for one in nodes[1:]}
    assert found.keys() == {
        ("MARK", "Mark"),
        ("COMMENT", "TeacherComment"),
        ("LESSON_CHANGE", "Lesson"),
        ("ANNOUNCEMENT", "Announcement"),
    }
    assert found["MARK", "Mark"]["isRead"]
    assert found["ANNOUNCEMENT", "Announcement"]["student"] is None
    assert found["LESSON_CHANGE", "Lesson"]["object"]["id"] == tiny.own("Lesson", "tue1", "ivan")
    assert (data["notifications"]["totalCount"], data["viewer"]["unreadNotifications"]) == (5, 4)


async def test_a_notification_of_another_s_child_or_of_a_right_that_has_ended_is_not_there(tiny: TinySchool) -> None:
    for who, expected in (("pavel", 1), ("granny", 0), ("igor", 0)):
        data = await tiny.data(who, Role.PARENT, INBOX)
        assert data["notifications"]["totalCount"] == data["viewer"]["unreadNotifications"] == expected


async def test_a_student_has_an_inbox_of_their_own(tiny: TinySchool) -> None:
    data = await tiny.data("ivan", Role.STUDENT, INBOX)
    [one] = data["notifications"]["nodes"]
    assert one["object"] == {"__typename": "Mark", "id": tiny.id("Mark", "m1")}


async def test_staff_have_none(tiny: TinySchool) -> None:
    [error] = await tiny.failing("smirnov", Role.TEACHER, "{ notifications { totalCount } }")
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def test_the_inbox_is_one_command_however_much_is_in_it(tiny: TinySchool) -> None:
    await tiny.data(*OLGA, "{ notifications(first: 50) { nodes { kind isRead } } }")
    assert tiny.served.recorder.touched("notifications", "notifications") == 1


async def test_everything_is_told_as_long_as_nobody_has_chosen(tiny: TinySchool) -> None:
    data = await tiny.data("ivan", Role.STUDENT, "{ viewer { notificationSettings { kinds { kind channels } } } }")
    kinds = data["viewer"]["notificationSettings"]["kinds"]
    assert {tuple(one["channels"]) for one in kinds} == {("INBOX",)}
    assert "ABSENCE_NOTICE" not in {one["kind"] for one in kinds}
