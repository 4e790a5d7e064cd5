import type { Rule, ToolLabel } from '@portcullis/contracts';

export interface SampleServer {
  slug: string;
  name: string;
  slots: { slot: string; owner: 'organisation'; header: string; prefix: string }[];
  /** What isn't labelled here is denied. */
  labels: Record<string, ToolLabel>;
}

export const NOTES_SLOT = 'token';

export const NOTES: SampleServer = {
  slug: 'notes',
  name: 'Notes (sample)',
  slots: [{ slot: NOTES_SLOT, owner: 'organisation', header: 'Authorization', prefix: 'Bearer ' }],
  labels: { list_notes: 'read', read_note: 'read', create_note: 'write', delete_note: 'destructive' },
};

/** `get-env` and what calls back into the client stay unlabelled. */
export const EVERYTHING: SampleServer = {
  slug: 'everything',
  name: 'Everything (sample)',
  slots: [],
  labels: {
    echo: 'read',
    'get-sum': 'read',
    'get-tiny-image': 'read',
    'get-structured-content': 'read',
    'get-annotated-message': 'read',
    'trigger-long-running-operation': 'write',
    'toggle-simulated-logging': 'write',
  },
};

export const WRITER = { role: 'writer', description: 'May call tools that write.' };

/** Members read everywhere; writers write. What is destructive is allowed to nobody. */
export const RULES: Rule[] = [
  {
    id: 'members-read',
    effect: 'allow',
    subjects: { roles: ['member'] },
    servers: ['*'],
    tools: ['*'],
    labels: ['read'],
  },
  {
    id: 'writers-write',
    effect: 'allow',
    subjects: { roles: [WRITER.role] },
    servers: ['*'],
    tools: ['*'],
    labels: ['write'],
  },
];
