import { Controller } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { GET_KEKS, RETIRE_KEK, ROTATE_KEK, START_REWRAP } from './keks.routes.js';
import { ManageKeks } from './manage-keks.js';

@Controller()
export class KeksController {
  constructor(private readonly keks: ManageKeks) {}

  @Serves(GET_KEKS)
  status(@AskedFor() { admin }: Asked<typeof GET_KEKS>): Promise<Reply<typeof GET_KEKS>> {
    return this.keks.status(admin);
  }

  @Serves(ROTATE_KEK)
  rotate(@AskedFor() { admin, body }: Asked<typeof ROTATE_KEK>): Promise<Reply<typeof ROTATE_KEK>> {
    return this.keks.rotate(admin, body.primary);
  }

  @Serves(START_REWRAP)
  rewrap(@AskedFor() { admin, body }: Asked<typeof START_REWRAP>): Promise<Reply<typeof START_REWRAP>> {
    return this.keks.rewrap(admin, body.rowsPerSecond);
  }

  @Serves(RETIRE_KEK)
  retire(@AskedFor() { admin, body }: Asked<typeof RETIRE_KEK>): Promise<Reply<typeof RETIRE_KEK>> {
    return this.keks.retire(admin, body.kekId);
  }
}
