import { firstOf, type Example, type Find, type Named } from './example';
import { later } from '../days';
import { newKey, USER_ERRORS } from '../written';

interface Tasks {
  viewer: {
    student: { homework: { nodes: (Named & { kind: string; status: string | null })[] } | null } | null;
  };
}

/** Finds a task of the viewer's homework by its status, for a mutation that takes its id and *more*. */
const taskFound = (statuses: RegExp, more: object): Find => ({
  query: '{ viewer { student { homework(first: 50) { nodes { id kind status } } } } }',
  variables: ({ viewer }: Tasks) => {
    const tasks = viewer.student?.homework?.nodes ?? [];
    const open = tasks.find((task) => task.kind === 'HOMEWORK' && statuses.test(task.status ?? ''));
    return { input: { homeworkId: open?.id ?? '', ...more } };
  },
});

export const TICK: Example = {
  title: 'Act: tick homework off',
  query: `mutation HomeworkDone($input: MarkHomeworkDoneInput!) {
  markHomeworkDone(input: $input) {
    homework {
      id
      text
      status
    }
${USER_ERRORS}  }
}
`,
  find: taskFound(/ASSIGNED|OVERDUE/, { isDone: true }),
};

export const HAND_IN: Example = {
  title: 'Act: hand homework in',
  query: `# A text, files (requestUpload), or both.
# Sent again, it takes the place of the first.
mutation HandIn($input: SubmitHomeworkInput!) {
  submitHomework(input: $input) {
    homework {
      id
      text
      status
      submission {
        state
        isLate
        version
      }
    }
${USER_ERRORS}  }
}
`,
  find: taskFound(/ASSIGNED|OVERDUE|RETURNED/, { text: 'Задача 5: x = 12' }),
};

interface Courses {
  viewer: {
    student: {
      moduleCourses:
        | (Named & {
            canChoose: boolean;
            freePlaces: number | null;
            choice: { period: Named } | null;
            periods: Named[] | null;
          })[]
        | null;
    } | null;
  };
}

export const CHOOSE_COURSE: Example = {
  title: 'Act: choose a module course',
  query: `# NO_PLACES where others were faster.
# Another period moves the choice.
mutation ChooseCourse($input: ChooseModuleCourseInput!) {
  chooseModuleCourse(input: $input) {
    course {
      title
      freePlaces
      choice {
        period {
          name
        }
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { student { moduleCourses { id canChoose freePlaces choice { period { id } } periods { id } } } } }',
    variables: ({ viewer }: Courses) => {
      const courses = viewer.student?.moduleCourses ?? [];
      const free = courses.filter(({ canChoose, freePlaces }) => canChoose && freePlaces !== 0);
      const course = free.find(({ choice }) => !choice) ?? free[0];
      const periods = course?.periods ?? [];
      const period = periods.filter(({ id }) => id !== course?.choice?.period.id).at(-1) ?? periods.at(-1);
      return { input: { courseId: course?.id ?? '', periodId: period?.id ?? '' } };
    },
  },
};

interface Family {
  viewer: {
    children: (Named & { diary: { startsOn: string } | null })[] | null;
    school: { achievementTypes: (Named & { kind: string })[] | null } | null;
  };
}

export const ADD_ACHIEVEMENT: Example = {
  title: 'Act: add an achievement',
  query: `# «Н/п» until a teacher or the class
# teacher confirms it.
mutation AddAchievement($input: AddAchievementInput!, $key: String!) {
  addAchievement(input: $input) @idempotent(key: $key) {
    achievement {
      id
      title
      status
      points
      version
    }
    student {
      portfolio {
        rating {
          score
        }
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { children { id diary { startsOn } } school { achievementTypes { id kind } } } }',
    variables: ({ viewer }: Family) => {
      const child = viewer.children?.[0];
      const section = viewer.school?.achievementTypes?.find(({ kind }) => kind === 'ROUNDS');
      return {
        input: {
          studentId: child?.id ?? '',
          typeId: section?.id ?? '',
          title: 'Олимпиада по физике',
          achievedOn: later(child?.diary?.startsOn ?? '2026-11-16', -7),
          rounds: [{ name: 'Школьный тур', place: 1 }],
        },
        key: newKey(),
      };
    },
  },
};

interface Marks {
  viewer: { children: { marks: { nodes: (Named & { value: string; reviews: { state: string }[] | null })[] } | null }[] | null };
}

export const ASK_FOR_REVIEW: Example = {
  title: 'Act: ask for a review of a mark',
  query: `# One open request for each mark; the
# teacher answers it.
mutation AskForReview($input: RequestGradeReviewInput!) {
  requestGradeReview(input: $input) {
    review {
      id
      state
      reason
    }
    mark {
      value
      givenOn
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { children { marks(first: 50) { nodes { id value reviews { state } } } } } }',
    variables: ({ viewer }: Marks) => {
      const marks = (viewer.children ?? []).flatMap((child) => child.marks?.nodes ?? []);
      const free = marks.filter(({ reviews }) => !reviews?.some(({ state }) => state === 'OPEN'));
      const low = free.find(({ value }) => value === '3') ?? free[0];
      return { input: { markId: low?.id ?? '', reason: 'Ответ во втором задании верный' } };
    },
  },
};

interface Services {
  viewer: { children: { services: (Named & { subscription: object | null })[] | null }[] | null };
}

export const SUBSCRIBE: Example = {
  title: 'Act: subscribe to a service',
  query: `mutation Subscribe($input: SubscribeToServiceInput!) {
  subscribeToService(input: $input) {
    service {
      name
      price
      subscription {
        subscribedAt
      }
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { children { services { id subscription { subscribedAt } } } } }',
    variables: ({ viewer }: Services) => {
      const services = (viewer.children ?? []).flatMap((child) => child.services ?? []);
      const open = services.find(({ subscription }) => !subscription) ?? services[0];
      return { input: { serviceId: open?.id ?? '' } };
    },
  },
};

export const ANSWER_WORK: Example = {
  title: 'Act: answer handed-in work',
  query: `# CHECKED, or RETURNED with a word. Handed in
# anew meanwhile, the code is CONFLICT.
mutation AnswerWork($input: AnswerSubmissionInput!) {
  answerSubmission(input: $input) {
    submission {
      id
      state
      answer
      student {
        displayName
      }
    }
${USER_ERRORS}  }
}
`,
  find: firstOf('submissions', 'state: SUBMITTED, ', 'submissionId', {
    decision: 'RETURNED',
    answer: 'Покажите, как получен ответ',
  }),
};

const RATING = `      portfolio {
        rating {
          score
          classAverage
        }
      }
`;

/** Teachers confirm achievements of their students; the rating is shown to class teachers. */
const confirmAchievement = (comment: string, rating: string): Example => ({
  title: 'Act: confirm an achievement',
  query: `# ${comment}
mutation ConfirmAchievement($input: ConfirmAchievementInput!) {
  confirmAchievement(input: $input) {
    achievement {
      title
      status
      points
    }
    student {
      displayName
${rating}    }
${USER_ERRORS}  }
}
`,
  find: firstOf('achievementsToConfirm', '', 'achievementId'),
});

export const CONFIRM_ACHIEVEMENT = confirmAchievement('Who added it does not confirm it.', '');
export const CONFIRM_OF_MY_CLASS = confirmAchievement('The rating of the answer is that of now.', RATING);

interface Subjects {
  viewer: {
    person: Named;
    classes:
      | {
          teachers: { teacher: Named; subject: Named | null }[] | null;
          timetable: { startsOn: string } | null;
        }[]
      | null;
  };
}

export const MAKE_TEST: Example = {
  title: 'Act: make a test',
  query: `# Nobody sees it until assignTest; until then
# updateTest changes it.
mutation MakeTest($input: CreateTestInput!, $key: String!) {
  createTest(input: $input) @idempotent(key: $key) {
    id
    doneAt
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { person { id } classes { teachers { teacher { id } subject { id } } timetable { startsOn } } } }',
    variables: ({ viewer }: Subjects) => {
      const classes = viewer.classes ?? [];
      const taught = classes.flatMap(({ teachers }) => teachers ?? []);
      const own = taught.find(({ teacher, subject }) => teacher.id === viewer.person.id && subject);
      const week = later(classes[0]?.timetable?.startsOn ?? '2026-11-16', 14);
      return {
        input: {
          subjectId: own?.subject?.id ?? '',
          title: 'Проверочный тест',
          opensAt: `${week}T08:00:00+05:00`,
          closesAt: `${later(week, 4)}T20:00:00+05:00`,
          attemptLimit: 2,
          questions: [
            { kind: 'ONE', text: '2 + 2', points: '1', options: [{ text: '4', isCorrect: true }, { text: '5' }] },
            { kind: 'TEXT', text: 'Объясните ответ', points: '2' },
          ],
        },
        key: newKey(),
      };
    },
  },
};

interface Offered {
  viewer: {
    school: { moduleCourses: (Named & { choices: { nodes: { period: Named | null }[] } | null })[] | null } | null;
  };
}

export const FORM_GROUP: Example = {
  title: 'Act: form a study group of a course',
  query: `# Of all who chose the period. Sent again, it
# brings the group up to date.
mutation FormGroup($input: FormCourseGroupInput!) {
  formCourseGroup(input: $input) {
    group {
      id
      name
    }
    students {
      displayName
    }
${USER_ERRORS}  }
}
`,
  find: {
    query: '{ viewer { school { moduleCourses { id choices(first: 1) { nodes { period { id } } } } } } }',
    variables: ({ viewer }: Offered) => {
      const chosen = (viewer.school?.moduleCourses ?? []).flatMap(({ id, choices }) =>
        (choices?.nodes ?? []).map(({ period }) => ({ courseId: id, periodId: period?.id ?? '' })),
      );
      return { input: chosen[0] ?? { courseId: '', periodId: '' } };
    },
  },
};
