import { later } from '../days';
import { ask } from '../gateway';
import { dayOf, STRINGS } from '../words/words';
import type { Viewer } from '../viewers';
import type { ParameterKind } from './question';

/** What somebody has chosen, by the kinds of the parameters. */
export type Choices = Partial<Record<ParameterKind, string>>;

export interface Option {
  value: string;
  label: string;
}

interface Named {
  id: string;
  displayName: string;
  class?: { name: string } | null;
}

/** Monday of the week of *day*. */
const monday = (day: string): string => later(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));

const STUDENTS: Partial<Record<string, string>> = {
  STUDENT: '{ viewer { student { id displayName class { name } } } }',
  PARENT: '{ viewer { children { id displayName class { name } } } }',
};

interface Found {
  viewer?: {
    student?: Named | null;
    children?: Named[] | null;
    classes?: { id: string; name: string }[] | null;
    schools?: { currentYear: Year | null }[] | null;
  };
  students?: { nodes: Named[] } | null;
  classes?: { nodes: { id: string; name: string }[] } | null;
  student?: { school: School | null } | null;
}

interface Year {
  startsOn: string;
  endsOn: string;
}

interface School {
  currentYear: Year | null;
  attestationPeriods: { id: string; name: string; startsOn: string; endsOn: string }[] | null;
}

/** Reads from the graph, as the viewer, what there is to choose from; each read is made once. */
export class Choosing {
  readonly #found = new Map<string, Promise<Found>>();

  constructor(
    readonly viewer: Viewer,
    readonly today: string,
  ) {}

  /** The options of a parameter; those of a period depend on the student chosen before. */
  async options(kind: ParameterKind, chosen: Choices): Promise<Option[]> {
    const SAY = STRINGS.parameters;
    switch (kind) {
      case 'student':
        return this.#students();
      case 'class':
        return this.#classes();
      case 'week':
        return this.#weeks();
      case 'period':
        return this.#periods(chosen.student);
      case 'due':
        return [
          { value: 'tomorrow', label: SAY.tomorrow },
          { value: 'today', label: SAY.today },
          { value: 'next7', label: SAY.next7 },
        ];
      case 'days':
        return [
          { value: 'last14', label: SAY.last14 },
          { value: 'last7', label: SAY.last7 },
        ];
      case 'range':
        return [
          { value: 'YEAR', label: SAY.year },
          { value: 'CURRENT_TERM', label: SAY.term },
        ];
    }
  }

  /** The variables of an operation. */
  variables(chosen: Choices): Record<string, unknown> {
    const { today } = this;
    const days: Record<string, object> = {
      tomorrow: { first: later(today, 1), last: later(today, 1) },
      today: { first: today, last: today },
      next7: { first: later(today, 1), last: later(today, 7) },
      last14: { first: later(today, -13), last: today },
      last7: { first: later(today, -6), last: today },
    };
    return Object.fromEntries(
      Object.entries(chosen).map(([kind, value]) =>
        kind === 'due' || kind === 'days' ? ['days', days[value] ?? null] : [kind, value || null],
      ),
    );
  }

  async #students(): Promise<Option[]> {
    const query = STUDENTS[this.viewer.role] ?? '{ students(first: 100) { nodes { id displayName class { name } } } }';
    const { viewer, students } = await this.#read(query);
    const people = viewer?.student ? [viewer.student] : (viewer?.children ?? students?.nodes ?? []);
    return people.map(({ id, displayName, class: own }) => ({
      value: id,
      label: own ? `${displayName}, ${own.name}` : displayName,
    }));
  }

  async #classes(): Promise<Option[]> {
    const isSchool = this.viewer.role === 'ADMINISTRATOR';
    const { viewer, classes } = await this.#read(
      isSchool ? '{ classes(first: 100) { nodes { id name } } }' : '{ viewer { classes { id name } } }',
    );
    const found = viewer?.classes ?? classes?.nodes ?? [];
    return [...found]
      .sort((a, b) => a.name.localeCompare(b.name, 'ru', { numeric: true }))
      .map(({ id, name }) => ({ value: id, label: name }));
  }

  async #weeks(): Promise<Option[]> {
    const { viewer } = await this.#read('{ viewer { schools { currentYear { startsOn endsOn } } } }');
    const year = viewer?.schools?.find((school) => school.currentYear)?.currentYear;
    const current = monday(this.today);
    const weeks: Option[] = [{ value: '', label: STRINGS.parameters.thisWeek }];
    if (!year) return weeks;
    const last = later(current, 14); // what is planned further ahead, nobody asks for
    for (let week = last; week >= monday(year.startsOn); week = later(week, -7))
      if (week !== current) weeks.push({ value: week, label: `${dayOf(week)} – ${dayOf(later(week, 6))}` });
    return weeks;
  }

  async #periods(student: string | undefined): Promise<Option[]> {
    const current = { value: '', label: STRINGS.parameters.now };
    if (!student) return [current];
    const { student: found } = await this.#read(
      'query($student: ID!) { student(id: $student) { school { currentYear { startsOn endsOn } ' +
        'attestationPeriods { id name startsOn endsOn } } } }',
      { student },
    );
    const since = found?.school?.currentYear?.startsOn ?? '';
    const begun = (found?.school?.attestationPeriods ?? []).filter(
      ({ startsOn }) => startsOn >= since && startsOn <= this.today,
    );
    return [current, ...begun.map(({ id, name }) => ({ value: id, label: name }))];
  }

  #read(query: string, variables: object = {}): Promise<Found> {
    const key = `${query}${JSON.stringify(variables)}`;
    let found = this.#found.get(key);
    if (!found) {
      found = ask<Found>(this.viewer.credentials, { query, variables: JSON.stringify(variables) }).then(
        ({ answer }) => answer.data ?? {},
      );
      this.#found.set(key, found);
    }
    return found;
  }
}
