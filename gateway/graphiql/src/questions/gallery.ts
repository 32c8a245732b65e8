import type { Role } from '../roles';
import { OF_PARENTS, OF_STUDENTS } from './family';
import type { Question } from './question';
import { OF_CLASS_TEACHERS, OF_TEACHERS } from './staff';
import { OF_ADMINISTRATORS, OF_ANALYSTS } from './statistics';

/** The questions of each role; the page opens with the answer to the first. */
export const GALLERY: Record<Role, readonly Question[]> = {
  STUDENT: OF_STUDENTS,
  PARENT: OF_PARENTS,
  TEACHER: OF_TEACHERS,
  CLASS_TEACHER: OF_CLASS_TEACHERS,
  ADMINISTRATOR: OF_ADMINISTRATORS,
  ANALYST: OF_ANALYSTS,
};
