import type { StartQuery } from "../generated/parent.js";

type Child = NonNullable<StartQuery["viewer"]["children"]>[number];

export const newestMark = (child: Child): string | undefined => child.marks?.edges[0]?.node.value;

// @ts-expect-error a test is nothing that a parent reads: it is no property of his children
export const tests = (child: Child): unknown => child.tests;
