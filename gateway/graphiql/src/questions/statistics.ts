import type { Question } from './question';

const MISSED: Question = {
  id: 'classes-that-miss',
  title: { en: 'Which classes miss most lessons?', ru: 'Какие классы больше всего пропускают?' },
  query: `query ClassesThatMiss($range: AnalyticsPeriod!) {
  analytics {
    asOf
    attendance(groupBy: [SCHOOL, CLASS], period: $range, orderBy: MISSED_DESC, first: 50) {
      nodes {
        className
        schoolName
        students
        missedPerStudent
        absent
        excused
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: {
    view: 'chart',
    chart: { kind: 'bar', across: 'className', up: 'missedPerStudent' },
    sort: { column: 'missedPerStudent', isDescending: true },
  },
};

const GROWING: Question = {
  id: 'absences-grow',
  title: { en: 'Where do absences grow?', ru: 'Где растут пропуски?' },
  query: `query WhereAbsencesGrow($range: AnalyticsPeriod!) {
  analytics {
    asOf
    attendance(groupBy: [GRADE_LEVEL, MONTH], period: $range, orderBy: MISSED_GROWTH_DESC, first: 100) {
      nodes {
        schoolName
        gradeLevel
        month
        term {
          name
        }
        students
        missedPerStudent
        previous {
          missedPerStudent
        }
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: {
    view: 'table',
    chart: { kind: 'heat', across: 'month', by: 'gradeLevel', up: 'missedPerStudent' },
  },
};

const WEEKLY: Question = {
  id: 'absences-by-week',
  title: { en: 'How do absences change from week to week?', ru: 'Как меняются пропуски по неделям?' },
  query: `query AbsencesByWeek($range: AnalyticsPeriod!) {
  analytics {
    asOf
    attendance(groupBy: [SCHOOL, WEEK], period: $range, first: 100) {
      nodes {
        weekStartsOn
        schoolName
        students
        missedPerStudent
        absent
        excused
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: {
    view: 'chart',
    chart: { kind: 'line', across: 'weekStartsOn', up: 'missedPerStudent', by: 'schoolName' },
  },
};

const BEHIND: Question = {
  id: 'subjects-behind',
  title: { en: 'Which subjects fall behind?', ru: 'Какие предметы отстают?' },
  query: `query SubjectsBehind($range: AnalyticsPeriod!) {
  analytics {
    asOf
    marks(groupBy: [SUBJECT], period: $range, orderBy: QUALITY_ASC, first: 50) {
      nodes {
        subjectName
        students
        average
        quality
        success
        degreeOfLearning
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: {
    view: 'chart',
    chart: { kind: 'bar', across: 'subjectName', up: 'quality' },
    sort: { column: 'quality' },
  },
};

const BY_LEVEL: Question = {
  id: 'quality-by-level',
  title: { en: 'In which grade levels does quality fall?', ru: 'В каких параллелях падает качество?' },
  query: `query QualityByLevel($range: AnalyticsPeriod!) {
  analytics {
    asOf
    marks(groupBy: [GRADE_LEVEL, SUBJECT], period: $range, first: 100) {
      nodes {
        gradeLevel
        subjectName
        students
        average
        quality
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: {
    view: 'chart',
    chart: { kind: 'heat', across: 'gradeLevel', by: 'subjectName', up: 'quality' },
  },
};

const SPREAD: Question = {
  id: 'averages-spread',
  title: { en: 'How are the averages of classes spread?', ru: 'Как распределены средние баллы классов?' },
  query: `query AveragesOfClasses($range: AnalyticsPeriod!) {
  analytics {
    asOf
    marks(groupBy: [CLASS, SUBJECT], period: $range, first: 100) {
      nodes {
        className
        subjectName
        students
        average
        quality
        suppressionNote
      }
    }
  }
}
`,
  parameters: ['range'],
  look: { view: 'chart', chart: { kind: 'distribution', across: 'average' }, sort: { column: 'average' } },
};

const AUDIT: Question = {
  id: 'audit',
  title: { en: 'Who changed what?', ru: 'Кто что менял?' },
  query: `query WhoChangedWhat {
  auditEvents(first: 50) {
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
    }
  }
}
`,
  parameters: [],
  look: { view: 'table', chart: { kind: 'bar', across: 'action' } },
};

export const OF_ANALYSTS: readonly Question[] = [MISSED, GROWING, WEEKLY, BEHIND, BY_LEVEL, SPREAD];

export const OF_ADMINISTRATORS: readonly Question[] = [...OF_ANALYSTS, AUDIT];
