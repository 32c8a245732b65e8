import type { ReportAbsenceMutation, ReportAbsenceMutationVariables, StartQuery } from "../generated/parent.js";

type Child = NonNullable<StartQuery["viewer"]["children"]>[number];

export const newestMark = (child: Child): string | undefined => child.marks?.edges[0]?.node.value;

// @ts-expect-error a test is nothing that a parent reads: it is no property of his children
export const tests = (child: Child): unknown => child.tests;

/** The messages to show beside the fields of the form, by the paths of their values. */
export const messages = ({ submitAbsenceNotice }: ReportAbsenceMutation): Map<string, string> =>
  new Map(submitAbsenceNotice?.userErrors.map(({ field, message }) => [field?.join(".") ?? "", message]));

export const oneDay = (studentId: string, day: string, key: string): ReportAbsenceMutationVariables => ({
  input: { studentId, absence: { days: [day] }, reason: "Приём у врача" },
  key,
});

// @ts-expect-error an absence has exactly one of its members
export const twice: ReportAbsenceMutationVariables["input"]["absence"] = { days: ["2026-12-01"], lessonIds: ["les_1"] };
