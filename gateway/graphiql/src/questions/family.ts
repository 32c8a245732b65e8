import type { Question } from './question';

const REPORT = `query ReportCard($student: ID!, $period: ID) {
  student(id: $student) {
    displayName
    performance(periodId: $period) {
      subject {
        name
      }
      period {
        name
      }
      average
      classAverage
      markCount
      finalGrade {
        value
      }
    }
  }
}
`;

const average = { kind: 'bar', across: 'subject.name', up: 'average' } as const;

const DOING: Omit<Question, 'title'> = {
  id: 'report-card',
  query: REPORT,
  parameters: ['student', 'period'],
  look: { view: 'chart', chart: average },
};

const WORST: Omit<Question, 'title'> = {
  id: 'worst-subject',
  query: REPORT,
  parameters: ['student', 'period'],
  look: { view: 'table', chart: average, sort: { column: 'average' } },
};

const HOMEWORK: Question = {
  id: 'homework',
  title: { en: 'What is due tomorrow?', ru: 'Что задано на завтра?' },
  query: `query HomeworkDue($student: ID!, $days: Days) {
  student(id: $student) {
    displayName
    homework(days: $days, first: 50) {
      nodes {
        subject {
          name
        }
        text
        dueOn
        estimatedMinutes
        status
      }
    }
  }
}
`,
  parameters: ['student', 'due'],
  look: { view: 'table', chart: { kind: 'bar', across: 'subject.name', up: 'estimatedMinutes' } },
};

const WEEK: Question = {
  id: 'week',
  title: { en: 'Which lessons are there this week?', ru: 'Какие уроки на этой неделе?' },
  query: `query WeekOfLessons($student: ID!, $week: Date) {
  student(id: $student) {
    displayName
    diary(week: $week) {
      days {
        date
        lessons {
          number
          startsAt
          subject {
            name
          }
          topic
          room
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
`,
  parameters: ['student', 'week'],
  look: {
    view: 'table',
    rows: 'student.diary.days.lessons',
    chart: { kind: 'heat', across: 'days.date', by: 'subject.name' },
  },
};

const MARKS: Question = {
  id: 'marks',
  title: { en: 'What are the latest marks?', ru: 'Какие последние оценки?' },
  query: `query LatestMarks($student: ID!) {
  student(id: $student) {
    displayName
    marks(first: 50) {
      nodes {
        givenOn
        subject {
          name
        }
        value
        weight
        work {
          title
        }
      }
    }
  }
}
`,
  parameters: ['student'],
  look: {
    view: 'table',
    sort: { column: 'givenOn', isDescending: true },
    chart: { kind: 'distribution', across: 'value' },
  },
};

const MISSED: Question = {
  id: 'missed-lessons',
  title: { en: 'Which lessons were missed?', ru: 'Какие уроки пропущены?' },
  query: `query MissedLessons($student: ID!) {
  student(id: $student) {
    displayName
    missedLessons(first: 50) {
      nodes {
        date
        number
        subject {
          name
        }
        topic
        homework {
          text
        }
      }
    }
  }
}
`,
  parameters: ['student'],
  look: { view: 'table', rows: 'student.missedLessons.nodes', chart: { kind: 'bar', across: 'subject.name' } },
};

const REMARKS: Question = {
  id: 'remarks',
  title: { en: 'Are there remarks?', ru: 'Есть ли замечания?' },
  query: `query Remarks($student: ID!) {
  student(id: $student) {
    displayName
    remarks(first: 50) {
      nodes {
        madeOn
        text
        author {
          displayName
        }
      }
    }
  }
}
`,
  parameters: ['student'],
  look: { view: 'table', sort: { column: 'madeOn', isDescending: true }, chart: { kind: 'bar', across: 'author.displayName' } },
};

const TESTS: Question = {
  id: 'tests',
  title: { en: 'Which tests are open for me?', ru: 'Какие тесты мне открыты?' },
  query: `query MyTests {
  viewer {
    student {
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
  parameters: [],
  look: { view: 'table', chart: { kind: 'bar', across: 'subject.name' } },
};

export const OF_STUDENTS: readonly Question[] = [
  { ...DOING, title: { en: 'How am I doing?', ru: 'Как я учусь?' } },
  { ...WORST, title: { en: 'Which subject do I do worst in?', ru: 'По какому предмету у меня хуже всего?' } },
  HOMEWORK,
  WEEK,
  MARKS,
  MISSED,
  TESTS,
];

export const OF_PARENTS: readonly Question[] = [
  { ...DOING, title: { en: 'How is my child doing?', ru: 'Как учится мой ребёнок?' } },
  {
    ...WORST,
    title: {
      en: 'Which subject does my child do worst in this term?',
      ru: 'По какому предмету хуже всего в этом периоде?',
    },
  },
  HOMEWORK,
  WEEK,
  MARKS,
  MISSED,
  REMARKS,
];
