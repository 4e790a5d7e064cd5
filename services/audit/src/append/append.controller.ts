import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { VERBS, type AppendReply, type AppendRequest, type ServiceName } from '@portcullis/contracts';
import { ServesVerb, type VerbContext } from '@portcullis/platform';
import { AppendEntries } from './append-entries.js';

@Controller()
export class AppendController {
  constructor(private readonly entries: AppendEntries) {}

  @ServesVerb(VERBS.append)
  append(@Payload() request: AppendRequest, @Ctx() { caller }: VerbContext): Promise<AppendReply> {
    return this.entries.run(request.entries, caller.id as ServiceName);
  }
}
