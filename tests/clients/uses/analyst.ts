import type { ClassesQuery } from "../generated/analyst.js";
import type { Class } from "../generated/analyst.schema.js";

export const grades = (answer: ClassesQuery): (number | null)[] =>
  answer.classes?.nodes.map(({ gradeLevel }) => gradeLevel) ?? [];

// @ts-expect-error persons are no part of an analyst's graph
export type Students = Class["students"];
