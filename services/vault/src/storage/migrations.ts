import { CreateVault1763740000000 } from './migrations/1763740000000-create-vault.js';
import { RotateKeys1763800000000 } from './migrations/1763800000000-rotate-keys.js';
import { PassOverOrganisations1763820000000 } from './migrations/1763820000000-pass-over-organisations.js';
import { Erase1763880000000 } from './migrations/1763880000000-erase.js';

/** In order of their time stamps; a published one is never edited. */
export const MIGRATIONS = [
  CreateVault1763740000000,
  RotateKeys1763800000000,
  PassOverOrganisations1763820000000,
  Erase1763880000000,
];
