import type { WeekQuery, WeekQueryVariables } from "../generated/student.js";

export const variables: WeekQueryVariables = { week: "2026-11-16" };

/** The texts of the homework of a week, lesson by lesson; a list that could not be read is null. */
export function homework(answer: WeekQuery): (string | null)[] {
  const days = answer.viewer.student?.diary?.days ?? [];
  return days.flatMap((day) =>
    day.lessons.flatMap((lesson) => lesson.homework?.map((task) => `${lesson.subject?.name}: ${task.text}`) ?? null),
  );
}
