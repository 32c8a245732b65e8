import type { MyClassQuery } from "../generated/class_teacher.js";

type Student = NonNullable<NonNullable<MyClassQuery["class"]>["students"]>["nodes"][number];

export const absences = (student: Student): number => student.attendanceSummary?.absent ?? 0;
export const mother = (student: Student): string | undefined =>
  student.guardians?.find((guardian) => guardian.relation === "мать")?.person.displayName;
