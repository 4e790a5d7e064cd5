import { Controller } from '@nestjs/common';
import {
  VERBS,
  type KeksReply,
  type KeksRequest,
  type RetireKekReply,
  type RetireKekRequest,
  type RewrapReply,
  type RewrapRequest,
  type RotateKekReply,
  type RotateKekRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { KekChanges } from './kek-changes.js';

@Controller()
export class RotationController {
  constructor(private readonly changes: KekChanges) {}

  @ServesVerb(VERBS.keks)
  status(request: KeksRequest): Promise<KeksReply> {
    return this.changes.status(request);
  }

  @ServesVerb(VERBS.rotateKek)
  rotate(request: RotateKekRequest): Promise<RotateKekReply> {
    return this.changes.rotate(request);
  }

  @ServesVerb(VERBS.rewrap)
  rewrap(request: RewrapRequest): Promise<RewrapReply> {
    return this.changes.rewrap(request);
  }

  @ServesVerb(VERBS.retireKek)
  retire(request: RetireKekRequest): Promise<RetireKekReply> {
    return this.changes.retire(request);
  }
}
