/** The roles of the graph, in the order in which the page lists them. */
export const ROLES = ['STUDENT', 'PARENT', 'TEACHER', 'CLASS_TEACHER', 'ADMINISTRATOR', 'ANALYST'] as const;

export type Role = (typeof ROLES)[number];
