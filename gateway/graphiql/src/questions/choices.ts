import { later } from '../days';
import { ask } from '../gateway';
import { dayOf, STRINGS } from '../words/words';
import type { Viewer } from '../viewers';
import type { Field, ParameterKind } from './question';

/** What somebody has chosen, by the kinds of the parameters and the names of fields. */
export type Choices = Partial<Record<string, string>>;

export interface Option {
  value: string;
  label: string;
}

interface Named {
  id: string;
  displayName: string;
  class?: { id: string; name: string } | null;
}

/** Monday of the week of *day*. */
const monday = (day: string): string => later(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));

const STUDENTS: Partial<Record<string, string>> = {
  STUDENT: '{ viewer { student { id displayName class { name } } } }',
  PARENT: '{ viewer { children { id displayName class { name } } } }',
};

const CLASSES: Partial<Record<string, string>> = {
  STUDENT: '{ viewer { student { class { id name } } } }',
  PARENT: '{ viewer { children { class { id name } } } }',
  ADMINISTRATOR: '{ classes(first: 100) { nodes { id name } } }',
};

interface Found {
  viewer?: {
    student?: Named | null;
    children?: Named[] | null;
    classes?: { id: string; name: string }[] | null;
    schools?: { id: string; name: string; currentYear: Year | null }[] | null;
  };
  students?: { nodes: Named[] } | null;
  classes?: { nodes: { id: string; name: string }[] } | null;
  class?: { teachers: { teacher: { id: string } | null; subject: { id: string; name: string } | null }[] | null } | null;
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

  /** The options of a parameter; those of a period or a subject depend on the student or class chosen before. */
  async options(kind: ParameterKind, chosen: Choices, isRequired: boolean): Promise<Option[]> {
    const SAY = STRINGS.parameters;
    switch (kind) {
      case 'student':
        return this.#students();
      case 'class':
        return this.#classes();
      case 'subject':
        return this.#subjects(chosen.class);
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
          ...(isRequired ? [] : [{ value: '', label: SAY.sinceSeptember }]),
        ];
      case 'term':
        return [
          { value: 'CURRENT_TERM', label: SAY.term },
          { value: 'YEAR', label: SAY.year },
        ];
      case 'grade':
        return [
          { value: '', label: SAY.all },
          ...Array.from({ length: 11 }, (_, index) => ({ value: String(index + 1), label: String(index + 1) })),
        ];
      case 'school':
        return [{ value: '', label: SAY.all }, ...(await this.#schools())];
      case 'range':
        return [
          { value: 'YEAR', label: SAY.year },
          { value: 'CURRENT_TERM', label: SAY.term },
        ];
    }
  }

  /** The variables of an operation. */
  variables(chosen: Choices, fields: readonly Field[] = []): Record<string, unknown> {
    const isNumber = (name: string) =>
      name === 'grade' || /^(Int|Float)/.test(fields.find((field) => field.name === name)?.type ?? '');
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
        kind === 'due' || kind === 'days'
          ? ['days', days[value ?? ''] ?? null]
          : [kind, value && isNumber(kind) ? Number(value) : value || null],
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
    const { viewer, classes } = await this.#read(CLASSES[this.viewer.role] ?? '{ viewer { classes { id name } } }');
    const ofChildren = (viewer?.student ? [viewer.student] : (viewer?.children ?? [])).flatMap((one) => one.class ?? []);
    const found = viewer?.classes ?? classes?.nodes ?? ofChildren;
    return [...new Map(found.map((one) => [one.id, one])).values()]
      .sort((a, b) => a.name.localeCompare(b.name, 'ru', { numeric: true }))
      .map(({ id, name }) => ({ value: id, label: name }));
  }

  async #subjects(of: string | undefined): Promise<Option[]> {
    if (!of) return [];
    const query = 'query($class: ID!) { class(id: $class) { teachers { teacher { id } subject { id name } } } }';
    const { class: found } = await this.#read(query, { class: of });
    const { role, personId } = this.viewer;
    const subjects = (found?.teachers ?? [])
      .filter(({ teacher }) => role !== 'TEACHER' || teacher?.id === personId)
      .flatMap(({ subject }) => subject ?? []);
    return [...new Map(subjects.map(({ id, name }) => [id, { value: id, label: name }])).values()];
  }

  async #schools(): Promise<Option[]> {
    const { viewer } = await this.#read('{ viewer { schools { id name } } }');
    return (viewer?.schools ?? []).map(({ id, name }) => ({ value: id, label: name }));
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
