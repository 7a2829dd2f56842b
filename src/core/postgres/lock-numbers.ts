/**
 * Every advisory lock that the program takes, by its number: one 8-byte key, or the first of two 4-byte keys. They only
 * show that a process is alive. Anyone who connects may take them, so whatever a reader must not block is locked by
 * rows (`sync.lock`).
 */

/** Locks out other migrations of a database; Prisma's schema engine uses the same key. */
export const MIGRATION_LOCK = 72_707_369;
/** With the session's process id: the sessions that use the queue at its location. */
export const QUEUE_LOCK_CLASS = 7_041_105;
/** With a hash of the scope: the run that syncs it. */
export const SCOPE_LOCK_CLASS = 7_041_106;
/** With the number of the run: its process. */
export const RUN_LOCK_CLASS = 7_041_107;
/** Shared by the processes that use an embedded server, in a database that only its owner may connect to. */
export const MEMBERSHIP_LOCK = 54_329;
