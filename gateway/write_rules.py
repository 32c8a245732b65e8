"""The bounds of what one mutation may change: the settings `GATEWAY_WRITING__*`, with their defaults."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class WriteRules(BaseModel):
    """How mutations change data."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long one change may take, with its repetitions after conflicts."""
    text_key: SecretStr | None = None
    """The key of the hashes that stand for free texts in the facts of changes; without it these have the length alone.
    """
    reason_characters: Annotated[int, Field(gt=0, le=10_000)] = 500
    """Characters that the reason of an absence may have."""
    absence_notices_a_day: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Notices of absence that one person may send for one student on one day, cancelled ones among them."""
    absence_days: Annotated[int, Field(gt=0, le=366)] = 60
    """Single days that one notice of absence may name."""
    absence_lessons: Annotated[int, Field(gt=0, le=1_000)] = 60
    """Lessons that one notice of absence may name."""
    ticks_a_day: Annotated[int, Field(gt=0, le=10_000)] = 100
    """Ticks of homework that one student may set and take away on one day."""
    submission_characters: Annotated[int, Field(gt=0, le=100_000)] = 10_000
    """Characters that the text of work that is handed in may have."""
    submissions_a_day: Annotated[int, Field(gt=0, le=1_000)] = 50
    """How often one student may hand work in and withdraw it on one day."""
    answer_characters: Annotated[int, Field(gt=0, le=100_000)] = 5_000
    """Characters that a teacher's answer to handed-in work may have."""
    room_characters: Annotated[int, Field(gt=0, le=1_000)] = 50
    """Characters that the name of a room or a building may have."""
    lesson_teachers: Annotated[int, Field(gt=0, le=100)] = 10
    """Teachers that one lesson may have."""
    name_characters: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Characters that each part of a person's name may have."""
    marks_at_once: Annotated[int, Field(gt=0, le=200)] = 100
    """Marks that one mutation may give; all those of a class for one work are about thirty."""
    mark_comment_characters: Annotated[int, Field(gt=0, le=10_000)] = 1_000
    """Characters that the comment on a mark may have."""
    work_title_characters: Annotated[int, Field(gt=0, le=1_000)] = 200
    """Characters that the name of a work may have."""
    attendance_records: Annotated[int, Field(gt=0, le=1_000)] = 150
    """Students whose attendance one mutation may record."""
    homework_characters: Annotated[int, Field(gt=0, le=100_000)] = 5_000
    """Characters that the text of homework may have."""
    homework_students: Annotated[int, Field(gt=0, le=1_000)] = 150
    """Single students whom one homework may be for."""
    homework_items: Annotated[int, Field(gt=0, le=200)] = 30
    """Items that one homework may consist of."""
    homework_item_characters: Annotated[int, Field(gt=0, le=1_000)] = 200
    """Characters that an item of homework may have."""
    homework_minutes: Annotated[int, Field(gt=0, le=10_000)] = 600
    """Minutes that homework may be expected to take."""
    remark_characters: Annotated[int, Field(gt=0, le=10_000)] = 2_000
    """Characters that a remark may have."""
    remark_kind_characters: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Characters that the kind of a remark may have."""
    remarks_a_day: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Remarks that one person may write about one student on one day, withdrawn ones among them."""
    comment_characters: Annotated[int, Field(gt=0, le=10_000)] = 2_000
    """Characters that a teacher's comment may have."""
    comments_a_day: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Comments that one person may write to one student on one day."""
    review_characters: Annotated[int, Field(gt=0, le=10_000)] = 2_000
    """Characters that a request to review a mark may have, and also the answer to it."""
    reviews_a_day: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Requests to review marks that one person may send for one student on one day."""
    achievement_characters: Annotated[int, Field(gt=0, le=1_000)] = 300
    """Characters that the name of an achievement may have, and also the reason for which it is rejected."""
    achievement_rounds: Annotated[int, Field(gt=0, le=100)] = 20
    """Rounds that one achievement may have."""
    round_characters: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Characters that the name of a round may have."""
    achievements_a_day: Annotated[int, Field(gt=0, le=1_000)] = 50
    """Achievements that one person may add for one student on one day, deleted ones among them."""
    most_points: Annotated[int, Field(gt=0, le=1_000_000)] = 1_000
    """The most points that a scoring table may give for a place, for taking part, for presence or for the defence."""
    course_choices_a_day: Annotated[int, Field(gt=0, le=1_000)] = 50
    """Choices of one module course that one student may make and withdraw on one day."""
    calendar_feeds: Annotated[int, Field(gt=0, le=1_000)] = 10
    """Calendar feeds that one person may have."""
    query_keys: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Keys of saved queries that one person may have."""
    query_key_days: Annotated[int, Field(gt=0, le=3_650)] = 400
    """Days for which a key of a saved query may be valid."""
    exports: Annotated[int, Field(gt=0, le=100)] = 3
    """Exports of one person that may wait or run at a time."""
    export_characters: Annotated[int, Field(gt=0, le=1_000_000)] = 20_000
    """Characters that the operation of an export may have, and its variables."""
    keep_exports_hours: Annotated[int, Field(gt=0, le=24 * 30)] = 24
    """Hours for which the file of an export can be fetched; it is deleted then."""
    notifications_at_once: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Single notifications that one mutation marks as read."""
    codes_at_once: Annotated[int, Field(gt=0, le=200)] = 100
    """Students for whom one mutation issues invitation codes."""
    confirmation_letters_a_day: Annotated[int, Field(gt=0, le=1_000)] = 5
    """Letters with which one person may have addresses confirmed on one day, and that go to one address on one day."""
    attempts_a_day: Annotated[int, Field(gt=0, le=1_000)] = 10
    """Registration numbers and invitation codes that do not exist which one person may try on one day."""
    test_questions: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Questions that one test may have."""
    test_options: Annotated[int, Field(gt=0, le=100)] = 20
    """Options that one question may have, and answers that it may accept."""
    question_characters: Annotated[int, Field(gt=0, le=10_000)] = 2_000
    """Characters that a question of a test may have, and one of its options."""
    test_answer_characters: Annotated[int, Field(gt=0, le=100_000)] = 5_000
    """Characters that the answer to a question of a test may have."""
    test_attempts: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Attempts that a test may allow each student."""
    test_students: Annotated[int, Field(gt=0, le=2_000)] = 300
    """Students whom one mutation may assign a test to."""
    subscriptions_a_day: Annotated[int, Field(gt=0, le=1_000)] = 20
    """Subscriptions to services that one parent may make and end for one student on one day."""
    announcement_title_characters: Annotated[int, Field(gt=0, le=1_000)] = 200
    """Characters that the title of an announcement may have."""
    announcement_characters: Annotated[int, Field(gt=0, le=100_000)] = 10_000
    """Characters that the text of an announcement may have."""
    announcement_places: Annotated[int, Field(gt=0, le=1_000)] = 100
    """Classes or groups that one announcement may be for."""
    unread_days: Annotated[int, Field(gt=0, le=3_650)] = 60
    """Days for which an announcement that somebody has not opened counts as unread."""
    message_characters: Annotated[int, Field(gt=0, le=100_000)] = 5_000
    """Characters that a message may have."""
    conversation_title_characters: Annotated[int, Field(gt=0, le=1_000)] = 200
    """Characters that the name of a group conversation may have."""
    recipients: Annotated[int, Field(gt=0, le=1_000)] = 150
    """People to whom one message may go as letters, and other participants of a group conversation."""
    signature_characters: Annotated[int, Field(gt=0, le=5_000)] = 300
    """Characters that the signature under somebody's letters may have."""
    office_hours: Annotated[int, Field(gt=0, le=100)] = 14
    """Periods that the office hours of one member of staff may consist of: two for each day of the week."""
    edit_messages_hours: Annotated[int, Field(gt=0, le=24 * 365)] = 24
    """Hours for which the author of a message may change it."""
    user_errors: Annotated[int, Field(gt=0, le=1_000)] = 50
    """Problems of one input that its answer names; the person sees the others when these are mended."""
    key_characters: Annotated[int, Field(ge=36, le=4_096)] = 255
    """Characters that an idempotency key may have; a UUID has 36."""
    keep_keys_days: Annotated[int, Field(gt=0, le=90)] = 7
    """Days for which a change that is sent again with its idempotency key has no second effect."""
