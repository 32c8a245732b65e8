import { ACTIONS } from './actions';
import type { Example } from './example';
import { FEED, INBOX, MAILBOX } from './talkActions';
import { ROLES, type Role } from '../roles';

/** What a new tab and a viewer without examples start from; it runs for every role. */
export const STARTER = `query WhoAmI {
  viewer {
    role
    person {
      displayName
    }
  }
}
`;

/** The subjects that fall behind: a query without the comment above it, which names the keys for the first example. */
const FALLING_BEHIND = `query FallingBehind {
  analytics {
    asOf
    marks(
      groupBy: [GRADE_LEVEL, SUBJECT]
      period: CURRENT_TERM
      orderBy: QUALITY_ASC
      first: 20
    ) {
      totalCount
      nodes {
        term {
          name
        }
        gradeLevel
        subjectName
        students
        average
        quality
        success
        degreeOfLearning
        suppressionNote
        previous {
          term {
            name
          }
          quality
        }
      }
    }
  }
}
`;

const ABSENCES_BY_MONTH: Example = {
  title: 'Where absences grow',
  query: `query AbsencesByMonth {
  analytics {
    asOf
    attendance(groupBy: [SCHOOL, MONTH], first: 50) {
      nodes {
        schoolName
        month
        students
        missedPerStudent
        absent
        excused
        suppressionNote
        previous {
          month
          missedPerStudent
        }
        comparedTo(level: MUNICIPALITY) {
          municipality
          missedPerStudent
        }
      }
    }
  }
}
`,
};

const SCHOOLS_COMPARED: Example = {
  title: 'How schools compare',
  query: `query SchoolsCompared {
  analytics {
    asOf
    marks(groupBy: [SCHOOL, SUBJECT], first: 50) {
      nodes {
        schoolName
        subjectName
        isExact
        average
        quality
        comparedTo(level: MUNICIPALITY) {
          municipality
          average
          quality
        }
      }
    }
    families(groupBy: [SCHOOL]) {
      nodes {
        schoolName
        acknowledged
        comparedTo(level: REGION) {
          acknowledged
        }
      }
    }
  }
}
`,
};

/**
 * Queries that show what each role may read, the most telling one first.
 *
 * None needs a variable: each starts from the viewer, so it runs as it stands for whoever is signed in. Mutations are
 * in actions.ts.
 */
export const EXAMPLES: Record<Role, readonly Example[]> = {
  STUDENT: [
    {
      title: 'My week and my tests',
      query: `# Your week with homework and marks,
# and your own tests. Ctrl-Enter runs it.
query MyWeek {
  viewer {
    person {
      displayName
    }
    student {
      class {
        name
      }
      diary {
        startsOn
        endsOn
        days {
          date
          holiday
          lessons {
            number
            startsAt
            subject {
              name
            }
            topic
            homework {
              text
              estimatedMinutes
            }
            marks {
              value
              displayWeight
            }
          }
        }
      }
      tests {
        title
        subject {
          name
        }
        state
        closesAt
        attemptsLeft
      }
    }
  }
}
`,
    },
    {
      title: 'My report card',
      query: `# Every average beside that of the class.
query MyReportCard {
  viewer {
    student {
      displayName
      performance {
        subject {
          name
        }
        period {
          name
        }
        average
        averageKind
        classAverage
        markCount
        finalGrade {
          value
        }
      }
    }
  }
}
`,
    },
    {
      title: 'My timetable and teachers',
      query: `query MyTimetable {
  viewer {
    student {
      displayName
      timetable {
        days {
          date
          lessons {
            number
            startsAt
            endsAt
            subject {
              name
            }
            teachers {
              displayName
            }
            room
            status
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'My portfolio',
      query: `query MyPortfolio {
  viewer {
    student {
      displayName
      portfolio {
        rating {
          score
          classAverage
          areas {
            name
            score
            share
          }
        }
        achievements(first: 5) {
          totalCount
          nodes {
            title
            achievedOn
            points
            status
          }
        }
      }
    }
  }
}
`,
    },
  ],
  PARENT: [
    {
      title: "My children's week",
      query: `# Each child: remarks, last marks and
# the week. Ctrl-Enter runs it.
query MyChildren {
  viewer {
    person {
      displayName
    }
    children {
      displayName
      class {
        name
      }
      remarks(first: 5) {
        nodes {
          madeOn
          text
          author {
            displayName
          }
        }
      }
      marks(first: 5) {
        nodes {
          givenOn
          value
          subject {
            name
          }
        }
      }
      diary {
        startsOn
        endsOn
        days {
          date
          holiday
          lessons {
            number
            startsAt
            subject {
              name
            }
            homework {
              text
            }
            marks {
              value
            }
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'Report cards and debts',
      query: `query ReportCards {
  viewer {
    children {
      displayName
      performance {
        subject {
          name
        }
        period {
          name
        }
        average
        classAverage
        finalGrade {
          value
        }
      }
      attestationDebts {
        subject {
          name
        }
        since
        resitOn
        state
      }
    }
  }
}
`,
    },
    {
      title: 'Attendance and absence notices',
      query: `query Attendance {
  viewer {
    children {
      displayName
      attendanceSummary {
        lessons
        absent
        late
        excused
      }
      missedLessons(first: 5) {
        nodes {
          date
          number
          subject {
            name
          }
        }
      }
      absenceNotices(first: 5) {
        nodes {
          kind
          days {
            first
            last
          }
          reason
          state
        }
      }
    }
  }
}
`,
    },
  ],
  TEACHER: [
    {
      title: 'My classes, groups and their marks',
      query: `# Your classes and groups, their students and
# the marks in your subjects. Ctrl-Enter runs it.
query MyClassesAndGroups {
  viewer {
    person {
      displayName
    }
    classes {
      name
    }
    groups {
      name
      subject {
        name
      }
      class {
        name
      }
    }
  }
  students(first: 10) {
    totalCount
    nodes {
      displayName
      class {
        name
      }
      marks(first: 5) {
        nodes {
          givenOn
          value
          weight
          subject {
            name
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'Timetables of my classes',
      query: `query TimetablesOfMyClasses {
  viewer {
    classes {
      name
      timetable {
        days {
          date
          lessons {
            number
            startsAt
            subject {
              name
            }
            room
          }
        }
      }
    }
  }
}
`,
    },
  ],
  CLASS_TEACHER: [
    {
      title: 'My class: absences and attendance',
      query: `# Your class, its absence notices and its
# attendance. Ctrl-Enter runs it.
query MyClass {
  viewer {
    person {
      displayName
    }
    classes {
      name
      members {
        displayName
      }
      students(first: 30) {
        totalCount
        nodes {
          displayName
          absenceNotices(first: 3) {
            nodes {
              kind
              days {
                first
                last
              }
              reason
              state
            }
          }
          attendanceSummary {
            lessons
            absent
            late
            excused
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'Averages and debts',
      query: `query AveragesAndDebts {
  viewer {
    classes {
      name
      students(first: 10) {
        nodes {
          displayName
          performance {
            subject {
              name
            }
            average
          }
          attestationDebts {
            subject {
              name
            }
            since
            state
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'Parents and teachers of my class',
      query: `query PeopleOfMyClass {
  viewer {
    classes {
      name
      teachers {
        teacher {
          displayName
        }
        subject {
          name
        }
      }
      parents {
        displayName
      }
    }
  }
}
`,
    },
  ],
  ADMINISTRATOR: [
    {
      title: 'Classes, students and the calendar',
      query: `# The school at a glance. Ctrl-Enter runs it.
query MySchool {
  viewer {
    person {
      displayName
    }
    school {
      name
      calendar {
        name
        kind
        startsOn
        endsOn
      }
    }
  }
  classes(first: 10) {
    totalCount
    nodes {
      name
      gradeLevel
      classTeacher {
        displayName
      }
    }
  }
  students(first: 10) {
    totalCount
    nodes {
      displayName
      birthDate
      class {
        name
      }
    }
  }
}
`,
    },
    {
      title: 'Subjects that fall behind this term',
      query: `# Which subjects fall behind in which parallels
# this term.
${FALLING_BEHIND}`,
    },
    ABSENCES_BY_MONTH,
    SCHOOLS_COMPARED,
    {
      title: 'Guardians and enrolments',
      query: `query GuardiansAndEnrolments {
  students(first: 10) {
    nodes {
      displayName
      guardians {
        person {
          displayName
        }
        relation
        isLegalRepresentative
        validTo
      }
      enrolments {
        class {
          name
        }
        startsOn
        endsOn
      }
    }
  }
}
`,
    },
    {
      title: 'Timetables of classes',
      query: `query Timetables {
  classes(first: 3) {
    nodes {
      name
      timetable {
        days {
          date
          lessons {
            number
            subject {
              name
            }
            teachers {
              displayName
            }
            room
            substitution {
              originalTeacher {
                displayName
              }
            }
          }
        }
      }
    }
  }
}
`,
    },
    {
      title: 'Who changed what',
      query: `# The audit. This reading is recorded in it, and shows when the query is run again a second later.
query Audit {
  auditEvents(first: 10) {
    totalCount
    nodes {
      at
      action
      role
      actor {
        displayName
      }
      student {
        displayName
      }
      changes {
        field
        before
        after
        isWithheld
      }
    }
  }
}
`,
    },
  ],
  ANALYST: [
    {
      title: 'Subjects that fall behind this term',
      query: `# Which subjects fall behind in which parallels
# this term. Ctrl-Enter runs it.
${FALLING_BEHIND}`,
    },
    ABSENCES_BY_MONTH,
    SCHOOLS_COMPARED,
    {
      title: 'The school and its calendar',
      query: `# What frames every figure: year, bells,
# holidays, calendar. Ctrl-Enter runs it.
query SchoolCalendar {
  viewer {
    person {
      displayName
    }
    school {
      name
      kind
      timeZone
      currentYear {
        name
        startsOn
        endsOn
      }
      bells {
        number
        startsAt
        endsAt
        breakMinutes
        shift
      }
      holidays {
        name
        kind
        startsOn
        endsOn
      }
      calendar {
        name
        kind
        startsOn
        endsOn
      }
    }
  }
}
`,
    },
    {
      title: 'Attestation periods and grade scales',
      query: `query PeriodsAndScales {
  viewer {
    school {
      name
      averageKind
      attestationPeriods {
        name
        kind
        ordinal
        startsOn
        endsOn
      }
      gradeScales {
        name
        minValue
        maxValue
        values {
          value
          isPassing
        }
      }
    }
  }
}
`,
    },
  ],
};

/** The query that a viewer of *role* starts with. */
export const firstExample = (role: Role | undefined): string => (role && EXAMPLES[role][0]?.query) || STARTER;

const TALK: readonly Example[] = [MAILBOX, FEED];

/** All examples of a role: what it may read, then what it may do. Analysts write to nobody. */
export const examplesOf = (role: Role): readonly Example[] => [
  ...EXAMPLES[role],
  ...(role === 'ANALYST' ? [] : TALK),
  ...(role === 'STUDENT' || role === 'PARENT' ? [INBOX] : []),
  ...ACTIONS[role],
];

const untouched = new Set(
  ['', STARTER, ...ROLES.flatMap((role) => examplesOf(role).map(({ query }) => query))].map((query) => query.trim()),
);

/** Whether nobody has written anything in *query* yet, so that it may be replaced. */
export const isUntouched = (query: string): boolean => untouched.has(query.trim());
