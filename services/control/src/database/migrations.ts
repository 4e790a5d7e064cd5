import { CreateDirectory1700000000001 } from './migrations/1700000000001-create-directory.js';
import { CreateBarrier1700000000002 } from './migrations/1700000000002-create-barrier.js';
import { CreateSimulations1700000000003 } from './migrations/1700000000003-create-simulations.js';

/** In order. One that has been released is never changed. */
export const MIGRATIONS = [
  CreateDirectory1700000000001,
  CreateBarrier1700000000002,
  CreateSimulations1700000000003,
];
