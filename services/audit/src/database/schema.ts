export const SCHEMA = 'audit';

/**
 * Tables without a tenant's data: `checkpoints` is about the subscription, and `deadlines` holds ids only, so that the
 * job finds what is overdue in all organisations; only the job role may read it.
 */
export const EXEMPT_TABLES = ['checkpoints', 'deadlines'];
