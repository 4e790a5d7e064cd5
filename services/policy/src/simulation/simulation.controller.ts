import { Controller } from '@nestjs/common';
import { VERBS, type SimulateReply, type SimulateRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { Simulate } from './simulate.js';

/** For control's key, on behalf of an admin. */
@Controller()
export class SimulationController {
  constructor(private readonly simulate: Simulate) {}

  @ServesVerb(VERBS.simulate)
  run(request: SimulateRequest): Promise<SimulateReply> {
    return this.simulate.run(request);
  }
}
