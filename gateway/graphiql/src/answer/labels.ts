import { STRINGS, dayOf, figure, say, type Text } from '../words/words';
import { shown, type Cell, type Column } from './rows';

/** What columns are called, by the last response keys of their paths; a column without an entry keeps its keys. */
const COLUMNS: Readonly<Record<string, Text>> = {
  absent: { en: 'Missed', ru: 'Пропущено' },
  'acknowledgement.acknowledgedAt': { en: 'Acknowledged', ru: '«Ознакомлен»' },
  asOf: { en: 'As of', ru: 'По состоянию на' },
  assignedOn: { en: 'Assigned', ru: 'Задано' },
  'author.displayName': { en: 'Author', ru: 'Автор' },
  average: { en: 'Average', ru: 'Средний балл' },
  classAverage: { en: 'Class average', ru: 'Средний балл класса' },
  'class.name': { en: 'Class', ru: 'Класс' },
  className: { en: 'Class', ru: 'Класс' },
  date: { en: 'Date', ru: 'Дата' },
  degreeOfLearning: { en: 'Degree of learning', ru: 'СОУ' },
  displayName: { en: 'Name', ru: 'Имя' },
  dueOn: { en: 'Due', ru: 'К какому дню' },
  estimatedMinutes: { en: 'Minutes', ru: 'Минут' },
  excused: { en: 'Missed, excused', ru: 'Пропущено по уважительной' },
  'finalGrade.value': { en: 'Final grade', ru: 'Итоговая отметка' },
  givenOn: { en: 'Given', ru: 'Поставлена' },
  gradeLevel: { en: 'Grade level', ru: 'Параллель' },
  late: { en: 'Late', ru: 'Опозданий' },
  lessons: { en: 'Lessons', ru: 'Уроков' },
  madeOn: { en: 'Made', ru: 'Сделано' },
  markCount: { en: 'Marks', ru: 'Отметок' },
  marks: { en: 'Marks', ru: 'Отметки' },
  missedPerStudent: { en: 'Missed per student', ru: 'Пропущено на ученика' },
  month: { en: 'Month', ru: 'Месяц' },
  municipality: { en: 'Municipality', ru: 'Муниципалитет' },
  name: { en: 'Name', ru: 'Название' },
  number: { en: 'Lesson', ru: 'Урок' },
  'lesson.number': { en: 'Lesson', ru: 'Урок' },
  'period.name': { en: 'Period', ru: 'Период' },
  present: { en: 'Present', ru: 'Присутствовал' },
  'previous.average': { en: 'Average before', ru: 'Средний балл раньше' },
  'previous.quality': { en: 'Quality before', ru: 'Качество раньше' },
  'previous.month': { en: 'Month before', ru: 'Прошлый месяц' },
  'previous.absent': { en: 'Missed before', ru: 'Пропущено раньше' },
  'previous.excused': { en: 'Excused before', ru: 'По уважительной раньше' },
  'municipality.average': { en: 'Average of the municipality', ru: 'Средний балл муниципалитета' },
  'municipality.quality': { en: 'Quality of the municipality', ru: 'Качество муниципалитета' },
  'municipality.success': { en: 'Success of the municipality', ru: 'Успеваемость муниципалитета' },
  'all.average': { en: 'Average of all schools', ru: 'Средний балл всех школ' },
  'all.quality': { en: 'Quality of all schools', ru: 'Качество всех школ' },
  'all.success': { en: 'Success of all schools', ru: 'Успеваемость всех школ' },
  'previous.missedPerStudent': { en: 'Before', ru: 'Было раньше' },
  quality: { en: 'Quality of learning', ru: 'Качество знаний' },
  role: { en: 'Role', ru: 'Роль' },
  room: { en: 'Room', ru: 'Кабинет' },
  schoolName: { en: 'School', ru: 'Школа' },
  'school.name': { en: 'School', ru: 'Школа' },
  startsAt: { en: 'Begins', ru: 'Начало' },
  startsOn: { en: 'Begins', ru: 'Начало' },
  endsOn: { en: 'Ends', ru: 'Конец' },
  status: { en: 'State', ru: 'Состояние' },
  students: { en: 'Students', ru: 'Учеников' },
  'subject.name': { en: 'Subject', ru: 'Предмет' },
  subjectName: { en: 'Subject', ru: 'Предмет' },
  success: { en: 'Success rate', ru: 'Успеваемость' },
  suppressionNote: { en: 'Why hidden', ru: 'Почему скрыто' },
  'term.name': { en: 'Term', ru: 'Учебный период' },
  text: { en: 'Text', ru: 'Текст' },
  topic: { en: 'Topic', ru: 'Тема' },
  value: { en: 'Mark', ru: 'Отметка' },
  weekStartsOn: { en: 'Week from', ru: 'Неделя с' },
  weight: { en: 'Weight', ru: 'Вес' },
};

/** The values of enums as people say them. */
const VALUES: Readonly<Record<string, Text>> = {
  ABSENT: { en: 'absent', ru: 'отсутствовал' },
  ASSIGNED: { en: 'assigned', ru: 'задано' },
  CANCELLED: { en: 'cancelled', ru: 'отменён' },
  DONE: { en: 'done', ru: 'выполнено' },
  EXCUSED: { en: 'excused', ru: 'по уважительной причине' },
  HELD: { en: 'held', ru: 'проведён' },
  LATE: { en: 'late', ru: 'опоздал' },
  MOVED: { en: 'moved', ru: 'перенесён' },
  OVERDUE: { en: 'overdue', ru: 'просрочено' },
  PLANNED: { en: 'planned', ru: 'по плану' },
  PRESENT: { en: 'present', ru: 'присутствовал' },
};

const known = (path: readonly string[]): Text | undefined =>
  COLUMNS[path.slice(-2).join('.')] ?? COLUMNS[path.at(-1) ?? ''];

/** The headings of *columns*: as short as they can be without two being alike. */
export function titlesOf(columns: readonly Column[]): string[] {
  const paths = columns.map(({ path }) => shown(path));
  const short = paths.map((path) => {
    const label = known(path);
    return label ? say(label) : path.slice(-2).join('.');
  });
  return paths.map((path, index) => {
    if (short.filter((one) => one === short[index]).length === 1) return short[index]!;
    // Two columns of one name differ by what they stand in.
    const isAlone = (keys: number): boolean =>
      paths.filter((one) => one.slice(-keys).join('.') === path.slice(-keys).join('.')).length === 1;
    let keys = 2;
    while (keys < path.length && !isAlone(keys)) keys++;
    return path.slice(-keys).join('.');
  });
}

/** A cell as people read it. */
export function textOf(cell: Cell, kind: Column['kind']): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? STRINGS.answer.yes : STRINGS.answer.no;
  if (kind === 'day') return dayOf(String(cell), { year: 'numeric' });
  if (kind === 'moment') return momentOf(String(cell));
  // A decimal keeps the places that it came with: 4.30 is not 4.3 on a report card.
  if (kind === 'number') {
    const places = /\.(\d+)$/.exec(String(cell))?.[1]?.length ?? 0;
    return figure(Number(cell), places, places);
  }
  const value = VALUES[String(cell)];
  return value ? say(value) : String(cell);
}

/** The moment in the offset it was written with, which is the school's and not the browser's. */
const momentOf = (moment: string): string => `${dayOf(moment)}, ${moment.slice(11, 16)}`;
