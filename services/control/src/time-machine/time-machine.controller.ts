import { Controller, StreamableFile } from '@nestjs/common';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { AskHistory } from './ask-history.js';
import { RunSimulations } from './run-simulations.js';
import * as routes from './time-machine.routes.js';

@Controller()
export class TimeMachineController {
  constructor(
    private readonly history: AskHistory,
    private readonly simulations: RunSimulations,
  ) {}

  @Serves(routes.DECIDE_AT)
  decideAt(
    @AskedFor() { admin, query }: Asked<typeof routes.DECIDE_AT>,
  ): Promise<Reply<typeof routes.DECIDE_AT>> {
    const { time, revision, ...question } = query;
    return this.history.decideAt(admin, { time, revision }, question);
  }

  @Serves(routes.WHO_COULD)
  whoCould(
    @AskedFor() { admin, query }: Asked<typeof routes.WHO_COULD>,
  ): Promise<Reply<typeof routes.WHO_COULD>> {
    const { time, revision, cursor = null, ...wanted } = query;
    return this.history.whoCould(admin, { time, revision }, { ...wanted, cursor });
  }

  @Serves(routes.START_SIMULATION)
  start(
    @AskedFor() { admin, body }: Asked<typeof routes.START_SIMULATION>,
  ): Promise<Reply<typeof routes.START_SIMULATION>> {
    return this.simulations.start(admin, body);
  }

  @Serves(routes.GET_SIMULATION)
  get(
    @AskedFor() { admin, params }: Asked<typeof routes.GET_SIMULATION>,
  ): Promise<Reply<typeof routes.GET_SIMULATION>> {
    return this.simulations.get(admin, params.simulation);
  }

  @Serves(routes.GET_SIMULATION_REPORT)
  async report(
    @AskedFor() { admin, params }: Asked<typeof routes.GET_SIMULATION_REPORT>,
  ): Promise<StreamableFile> {
    const report = await this.simulations.report(admin, params.simulation);
    return new StreamableFile(Buffer.from(report, 'utf8'), { type: 'application/json' });
  }

  @Serves(routes.REMOVE_SIMULATION)
  remove(@AskedFor() { admin, params }: Asked<typeof routes.REMOVE_SIMULATION>): Promise<void> {
    return this.simulations.remove(admin, params.simulation);
  }
}
