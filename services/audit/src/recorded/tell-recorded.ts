import type { RecordedReply, RecordedRequest } from '@portcullis/contracts';
import type { RecordedView } from '../ports/recorded-view.js';

/**
 * Tells a service which of its facts are recorded, so that it notices when its own database knows less. Whether a record
 * of an id is there is all that it learns.
 */
export class TellRecorded {
  constructor(private readonly view: RecordedView) {}

  async run({ org, recordIds }: RecordedRequest): Promise<RecordedReply> {
    const present = await this.view.present(org, recordIds);
    return { recorded: recordIds.map((id) => present.has(id)) };
  }
}
