import { quietAfterRecovery } from '../checkers';

/** A second after everything is healthy again, no client notices anything any more. */
export const QUIET = quietAfterRecovery(1000, 'probe', 'get', 'write', 'read');
