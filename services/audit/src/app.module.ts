import { Module, type DynamicModule } from '@nestjs/common';
import { AppendController } from './append/append.controller.js';
import { AppendEntries } from './append/append-entries.js';
import type { UseCases } from './compose.js';
import { PolicyHeadsController } from './policy-heads/policy-heads.controller.js';
import { RecordedController } from './recorded/recorded.controller.js';
import { TellRecorded } from './recorded/tell-recorded.js';
import { ReadPolicyHeads } from './policy-heads/read-policy-heads.js';
import { DecidedController } from './decided/decided.controller.js';
import { ReadDecidedCalls } from './decided/read-decided-calls.js';
import { ReadSealedSections } from './decided/read-sealed-sections.js';
import { ExportRecords } from './query/export-records.js';
import { QueryController } from './query/query.controller.js';
import { QueryRecords } from './query/query-records.js';

@Module({})
export class AppModule {
  static with(useCases: UseCases): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        AppendController,
        QueryController,
        PolicyHeadsController,
        DecidedController,
        RecordedController,
      ],
      providers: [
        { provide: AppendEntries, useValue: useCases.append },
        { provide: QueryRecords, useValue: useCases.query },
        { provide: ExportRecords, useValue: useCases.export },
        { provide: ReadPolicyHeads, useValue: useCases.policyHeads },
        { provide: TellRecorded, useValue: useCases.recorded },
        { provide: ReadDecidedCalls, useValue: useCases.decidedCalls },
        { provide: ReadSealedSections, useValue: useCases.sealedSections },
      ],
    };
  }
}
