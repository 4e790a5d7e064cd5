import type { SealedSectionsReply, SealedSectionsRequest } from '@portcullis/contracts';
import type { DecidedCallsView } from '../ports/decided-calls-view.js';

/** UTF-16 units of the sections of one answer: with everything around them it fits into one message. */
const REPLY_UNITS = 860 * 1024;

/** The sealed sections of calls, for policy, which has read their records before. Nobody but the vault can open them. */
export class ReadSealedSections {
  constructor(private readonly view: Pick<DecidedCallsView, 'sealedBoxes'>) {}

  async run({ org, recordIds }: SealedSectionsRequest): Promise<SealedSectionsReply> {
    const found = await this.view.sealedBoxes(org, recordIds);
    const sections = recordIds.map((recordId) => ({ recordId, box: found.get(recordId) ?? null }));
    return { sections: fitting(sections) };
  }
}

/** At least one. */
function fitting(sections: SealedSectionsReply['sections']): SealedSectionsReply['sections'] {
  let room = REPLY_UNITS;
  const over = sections.findIndex((section) => (room -= JSON.stringify(section).length + 1) < 0);
  return sections.slice(0, over < 0 ? sections.length : Math.max(1, over));
}
