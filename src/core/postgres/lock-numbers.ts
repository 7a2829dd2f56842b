/**
 * Every advisory lock that the program takes, by its number: one key of 8 bytes, or the first of two keys of 4. They only
 * tell that a process lives: what must not be held up is locked by rows (`sync.lock`), since anybody may take these.
 */

/** Prisma's schema engine, too, locks out other migrations of a database with this key. */
export const MIGRATION_LOCK = 72_707_369;
/** Beside the session's process id: the sessions that use the queue where it is. */
export const QUEUE_LOCK_CLASS = 7_041_105;
/** Beside a hash of the scope: what syncs it. */
export const SCOPE_LOCK_CLASS = 7_041_106;
/** Beside the number of the run: its process. */
export const RUN_LOCK_CLASS = 7_041_107;
/** Shared by the processes that use an embedded server, in a database that only its owner may enter. */
export const MEMBERSHIP_LOCK = 54_329;
