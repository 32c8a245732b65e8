import type { Question } from './question';

const AVERAGES: Question = {
  id: 'class-averages',
  title: { en: 'What are the averages of the class?', ru: 'Какие средние баллы в классе?' },
  query: `query AveragesOfClass($class: ID!) {
  class(id: $class) {
    name
    students(first: 40) {
      nodes {
        displayName
        performance {
          subject {
            name
          }
          average
          markCount
        }
      }
    }
  }
}
`,
  parameters: ['class'],
  look: {
    view: 'chart',
    rows: 'class.students.nodes.performance',
    chart: { kind: 'heat', across: 'subject.name', by: 'displayName', up: 'average' },
  },
};

const TIMETABLE: Question = {
  id: 'class-timetable',
  title: { en: 'What is the timetable of the class?', ru: 'Какое расписание у класса?' },
  query: `query TimetableOfClass($class: ID!, $week: Date) {
  class(id: $class) {
    name
    timetable(week: $week) {
      days {
        date
        lessons {
          number
          startsAt
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
`,
  parameters: ['class', 'week'],
  look: {
    view: 'table',
    rows: 'class.timetable.days.lessons',
    chart: { kind: 'heat', across: 'days.date', by: 'subject.name' },
  },
};

const DISTRIBUTION: Question = {
  ...AVERAGES,
  id: 'distribution',
  title: { en: 'How are the averages spread?', ru: 'Как распределены средние баллы?' },
  look: { ...AVERAGES.look!, chart: { kind: 'distribution', across: 'average' } },
};

export const OF_TEACHERS: readonly Question[] = [DISTRIBUTION, AVERAGES, TIMETABLE];

export const OF_CLASS_TEACHERS: readonly Question[] = [
  {
    id: 'attendance-of-class',
    title: { en: 'How does the class attend?', ru: 'Как класс посещает уроки?' },
    query: `query AttendanceOfClass($class: ID!, $days: Days) {
  class(id: $class) {
    name
    students(first: 40) {
      nodes {
        displayName
        attendance(days: $days, statuses: [ABSENT, EXCUSED], first: 50) {
          nodes {
            date
            status
            subject {
              name
            }
          }
        }
      }
    }
  }
}
`,
    parameters: ['class', 'days'],
    look: {
      view: 'chart',
      rows: 'class.students.nodes.attendance.nodes',
      chart: { kind: 'heat', across: 'nodes.date', by: 'nodes.displayName' },
    },
  },
  {
    id: 'who-misses',
    title: { en: 'Who misses most lessons?', ru: 'Кто больше всех пропускает?' },
    query: `query WhoMisses($class: ID!, $days: Days) {
  class(id: $class) {
    name
    students(first: 40) {
      nodes {
        displayName
        attendanceSummary(days: $days) {
          lessons
          absent
          excused
          late
        }
      }
    }
  }
}
`,
    parameters: ['class', 'days'],
    look: {
      view: 'table',
      sort: { column: 'excused', isDescending: true },
      chart: { kind: 'bar', across: 'displayName', up: 'excused' },
    },
  },
  AVERAGES,
  {
    id: 'debts',
    title: { en: 'Who has attestation debts?', ru: 'У кого академические задолженности?' },
    query: `query Debts($class: ID!) {
  class(id: $class) {
    name
    students(first: 40) {
      nodes {
        displayName
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
}
`,
    parameters: ['class'],
    look: {
      view: 'table',
      rows: 'class.students.nodes.attestationDebts',
      chart: { kind: 'bar', across: 'subject.name' },
    },
  },
  TIMETABLE,
];
