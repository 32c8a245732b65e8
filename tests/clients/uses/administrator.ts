import type { SearchQuery } from "../generated/administrator.js";

/** The states of an enumeration are told apart, all of them. */
export function open(answer: SearchQuery): number {
  const debts = answer.students?.nodes.flatMap((student) => student.attestationDebts ?? []) ?? [];
  return debts.filter(({ state }) => {
    switch (state) {
      case "OPEN":
      case "RESIT_PLANNED":
        return true;
      case "CLOSED":
        return false;
      default:
        return state satisfies never;
    }
  }).length;
}
