import { CreateProjection1763740000000 } from './migrations/1763740000000-create-projection.js';
import { AddPolicyHeads1763750000000 } from './migrations/1763750000000-add-policy-heads.js';
import { AddDecidedCalls1763760000000 } from './migrations/1763760000000-add-decided-calls.js';

/** In order of their time stamps; a published one is never edited. */
export const MIGRATIONS = [
  CreateProjection1763740000000,
  AddPolicyHeads1763750000000,
  AddDecidedCalls1763760000000,
];
