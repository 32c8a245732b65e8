import { firstOf, type Example, type Named, type Versioned } from './example';
import { later } from '../days';
import type { Role } from '../roles';
import { newKey, USER_ERRORS } from '../written';
import { ANNOUNCE_TO_CLASS, ANNOUNCE_TO_SCHOOL, NOTIFIED, READ, WRITE_TO_PARENT, WRITE_TO_TEACHER } from './talkActions';
import {
  ADD_ACHIEVEMENT,
  ANSWER_WORK,
  ASK_FOR_REVIEW,
  CHOOSE_COURSE,
  CONFIRM_ACHIEVEMENT,
  CONFIRM_OF_MY_CLASS,
  FORM_GROUP,
  HAND_IN,
  MAKE_TEST,
  SUBSCRIBE,
  TICK,
} from './workActions';

interface OwnVersion {
  viewer: { version: number };
}

const CONTACTS: Example = {
  title: 'Act: change my phone',
  query: `# Your own data. A student's names are
# entered by the school.
mutation ChangeMyPhone($input: UpdateMyProfileInput!) {
  updateMyProfile(input: $input) {
    viewer {
      version
      phone
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { version } }',
    variables: ({ viewer }: OwnVersion) => ({ input: { version: viewer.version, phone: '+7 342 210-11-12' } }),
  },
};

interface Children {
  viewer: { children: (Named & { diary: { startsOn: string; endsOn: string } })[] | null };
}

const CHILDREN = '{ viewer { children { id diary { startsOn endsOn } } } }';

const ACKNOWLEDGE: Example = {
  title: 'Act: acknowledge the diary of last week',
  query: `# «Ознакомлен»: once for each parent
# and week; sent again, it changes nothing.
mutation Acknowledge($input: AcknowledgeDiaryInput!) {
  acknowledgeDiary(input: $input) {
    week {
      startsOn
      acknowledgement {
        acknowledgedAt
      }
    }
    userErrors {
      code
      message
      field
      retryAt
    }
  }
}
`,
  find: {
    query: CHILDREN,
    variables: ({ viewer }: Children) => {
      const child = viewer.children?.[0];
      return { input: { studentId: child?.id ?? '', weekStart: later(child?.diary.startsOn ?? '2026-11-16', -7) } };
    },
  },
};

const REPORT_ABSENCE: Example = {
  title: 'Act: report an absence',
  query: `# The class teacher gets a notice. The key
# makes it harmless to send it twice.
mutation ReportAbsence($input: SubmitAbsenceNoticeInput!, $key: String!) {
  submitAbsenceNotice(input: $input) @idempotent(key: $key) {
    notice {
      id
      state
      version
      days {
        first
        last
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: CHILDREN,
    variables: ({ viewer }: Children) => {
      const child = viewer.children?.[0];
      const day = later(child?.diary.endsOn ?? '2026-11-22', 1);
      return {
        input: { studentId: child?.id ?? '', absence: { days: [day] }, reason: 'Приём у врача' },
        key: newKey(),
      };
    },
  },
};

const CONFIRM: Example = {
  title: 'Act: confirm a notice of absence',
  query: `# The parent sees the new state. Where the
# parent was faster, the code is CONFLICT.
mutation ConfirmAbsence($input: ConfirmAbsenceNoticeInput!) {
  confirmAbsenceNotice(input: $input) {
    notice {
      id
      state
      version
      confirmedBy {
        displayName
      }
    }
    student {
      displayName
    }
${USER_ERRORS}  }
}
`,
  find: firstOf('absenceNotices', 'state: SENT, ', 'noticeId'),
};

interface Lessons {
  classes: {
    nodes: {
      teachers: { teacher: Named }[] | null;
      timetable: { days: { date: string; lessons: (Versioned & { status: string; teachers: Named[] })[] }[] } | null;
    }[];
  };
}

const LESSONS = `{ classes(first: 1) { nodes {
  teachers { teacher { id } }
  timetable { days { date lessons { id version status teachers { id } } } }
} } }`;

/** The last planned lesson of this week, of the first class. */
const lessonIn = ({ classes }: Lessons) => {
  const own = classes.nodes[0];
  const days = own?.timetable?.days ?? [];
  const planned = days.flatMap(({ date, lessons }) => lessons.map((lesson) => ({ ...lesson, date })));
  const lesson = planned.filter(({ status }) => status === 'PLANNED').at(-1);
  return { own, lesson, input: { lessonId: lesson?.id ?? '', version: lesson?.version ?? null } };
};

const CHANGED = `${USER_ERRORS}    overlapping {
      number
      room
      subject {
        name
      }
    }
`;

const LESSON_ACTIONS: readonly Example[] = [
  {
    title: 'Act: move a lesson',
    query: `# The lesson stays where it was and says
# where to it was moved.
mutation MoveLesson($input: MoveLessonInput!) {
  moveLesson(input: $input) {
    lesson {
      id
      status
      version
      startsAt
      movedTo {
        id
        startsAt
        room
      }
    }
${CHANGED}  }
}
`,
    find: {
      query: LESSONS,
      variables: (found: Lessons) => {
        const { lesson, input } = lessonIn(found);
        return { input: { ...input, date: lesson?.date ?? '2026-11-21', startsAt: '19:00', endsAt: '19:40' } };
      },
    },
  },
  {
    title: 'Act: give a lesson to a substitute',
    query: `# The substitute has this lesson and no
# other. ignoreOverlaps overrides a clash.
mutation Substitute($input: SubstituteInput!) {
  substitute(input: $input) {
    lesson {
      id
      version
      teachers {
        displayName
      }
      substitution {
        originalTeacher {
          displayName
        }
      }
    }
${CHANGED}  }
}
`,
    find: {
      query: LESSONS,
      variables: (found: Lessons) => {
        const { own, lesson, input } = lessonIn(found);
        const present = new Set(lesson?.teachers.map(({ id }) => id));
        const other = own?.teachers?.find(({ teacher }) => !present.has(teacher.id));
        return { input: { ...input, teacherId: other?.teacher.id ?? '', ignoreOverlaps: false } };
      },
    },
  },
  {
    title: 'Act: cancel a lesson',
    query: `mutation CancelLesson($input: CancelLessonInput!) {
  cancelLesson(input: $input) {
    lesson {
      id
      status
      version
    }
${CHANGED}  }
}
`,
    find: { query: LESSONS, variables: (found: Lessons) => ({ input: lessonIn(found).input }) },
  },
];

interface Taught {
  viewer: {
    person: Named;
    classes:
      | {
          timetable: {
            days: { lessons: (Named & { status: string; group: Named | null; teachers: Named[] })[] }[];
          } | null;
          students: { nodes: Named[] } | null;
        }[]
      | null;
  };
}

const TAUGHT = `{ viewer { person { id } classes {
  timetable { days { lessons { id status group { id } teachers { id } } } }
  students(first: 1) { nodes { id } }
} } }`;

/** The last lesson of this week that the teacher held for a whole class, and a student of it. */
const lessonTaught = ({ viewer }: Taught) => {
  const held = (viewer.classes ?? []).flatMap(({ timetable, students }) =>
    (timetable?.days ?? [])
      .flatMap(({ lessons }) => lessons)
      .filter(({ status, group, teachers }) => {
        return status === 'HELD' && !group && teachers.some(({ id }) => id === viewer.person.id);
      })
      .map(({ id }) => ({ lessonId: id, studentId: students?.nodes[0]?.id ?? '' })),
  );
  return held.at(-1) ?? { lessonId: '', studentId: '' };
};

const FILL: Example = {
  title: 'Act: fill a lesson',
  query: `# Attendance, homework and a remark, which
# only the parents read. Each field is a
# transaction of its own.
mutation FillLesson(
  $attendance: RecordAttendanceInput!
  $homework: AssignHomeworkInput!
  $homeworkKey: String!
  $remark: AddRemarkInput!
  $remarkKey: String!
) {
  recordAttendance(input: $attendance) {
    lessons {
      id
      attendance {
        status
        minutesLate
      }
    }
${USER_ERRORS}  }
  assignHomework(input: $homework) @idempotent(key: $homeworkKey) {
    homework {
      id
      text
    }
${USER_ERRORS}  }
  addRemark(input: $remark) @idempotent(key: $remarkKey) {
    id
    madeAt
${USER_ERRORS}  }
}
`,
  find: {
    query: TAUGHT,
    variables: (found: Taught) => {
      const { lessonId, studentId } = lessonTaught(found);
      return {
        attendance: { lessonId, records: [{ studentId, status: 'LATE', minutesLate: 5 }] },
        homework: { lessonId, text: 'Повторить параграф 12' },
        homeworkKey: newKey(),
        remark: { lessonId, studentId, text: 'Опоздание без причины' },
        remarkKey: newKey(),
      };
    },
  },
};

const CREATE_WORK: Example = {
  title: 'Act: create a work',
  query: `# A work for all who attend a lesson. Marks
# are given for it by its id.
mutation CreateWork($input: CreateWorkInput!, $key: String!) {
  createWork(input: $input) @idempotent(key: $key) {
    work {
      id
      title
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: TAUGHT,
    variables: (found: Taught) => {
      const { lessonId } = lessonTaught(found);
      return { input: { audience: { lessonId }, title: 'Самостоятельная работа' }, key: newKey() };
    },
  },
};

interface Marked {
  students: { nodes: (Named & { marks: { nodes: { work: Named | null }[] } | null })[] } | null;
}

const GIVE_MARK: Example = {
  title: 'Act: give a mark',
  query: `# One for each student and work. The averages
# of the answer are those of now.
mutation GiveMark($input: GiveMarkInput!) {
  giveMark(input: $input) {
    mark {
      id
      value
      givenOn
    }
    student {
      displayName
      performance {
        subject {
          name
        }
        average
        markCount
      }
    }
    userErrors {
      code
      message
      field
      retryAt
    }
  }
}
`,
  find: {
    query: '{ students(first: 10) { nodes { id marks(first: 20) { nodes { work { id } } } } } }',
    variables: ({ students }: Marked) => {
      // A work that one student has a mark for and another one has not.
      const rows = (students?.nodes ?? []).map(({ id, marks }) => ({
        id,
        works: (marks?.nodes ?? []).flatMap(({ work }) => (work ? [work.id] : [])),
      }));
      const every = rows.flatMap(({ works }) => works);
      const [row] = rows.filter(({ works }) => every.some((work) => !works.includes(work)));
      const workId = every.find((work) => !row?.works.includes(work));
      return { input: { workId: workId ?? '', studentId: row?.id ?? '', value: '5' } };
    },
  },
};

/** Mutations that each role may try; what they are about is looked up when they are chosen. */
export const ACTIONS: Record<Role, readonly Example[]> = {
  STUDENT: [TICK, HAND_IN, CHOOSE_COURSE, WRITE_TO_TEACHER, READ, ...NOTIFIED, CONTACTS],
  PARENT: [
    ACKNOWLEDGE,
    REPORT_ABSENCE,
    ADD_ACHIEVEMENT,
    ASK_FOR_REVIEW,
    SUBSCRIBE,
    WRITE_TO_TEACHER,
    READ,
    ...NOTIFIED,
    CONTACTS,
  ],
  TEACHER: [FILL, CREATE_WORK, GIVE_MARK, ANSWER_WORK, MAKE_TEST, CONFIRM_ACHIEVEMENT, WRITE_TO_PARENT, READ, CONTACTS],
  CLASS_TEACHER: [CONFIRM, CONFIRM_OF_MY_CLASS, ANNOUNCE_TO_CLASS, WRITE_TO_PARENT, READ, CONTACTS],
  ADMINISTRATOR: [...LESSON_ACTIONS, FORM_GROUP, ANNOUNCE_TO_SCHOOL, WRITE_TO_PARENT, CONTACTS],
  ANALYST: [],
};
