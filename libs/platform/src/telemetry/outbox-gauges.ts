/** What waits in a service's outbox for audit. For `Metrics.asked`. */
export const OUTBOX_GAUGES = [
  {
    name: 'portcullis_outbox_backlog_records',
    help: 'Facts in the outbox that audit has not confirmed yet, refused ones among them.',
  },
  { name: 'portcullis_outbox_backlog_seconds', help: 'How long the oldest of them has been waiting.' },
] as const;
