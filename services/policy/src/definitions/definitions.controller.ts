import { Controller } from '@nestjs/common';
import {
  VERBS,
  type ObserveToolsReply,
  type ObserveToolsRequest,
  type ToolDefinitionReply,
  type ToolDefinitionRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ObserveTools } from './observe-tools.js';
import { ReadDefinition } from './read-definition.js';

@Controller()
export class DefinitionsController {
  constructor(
    private readonly observeTools: ObserveTools,
    private readonly readDefinition: ReadDefinition,
  ) {}

  @ServesVerb(VERBS.observeTools)
  observe(request: ObserveToolsRequest): Promise<ObserveToolsReply> {
    return this.observeTools.run(request);
  }

  @ServesVerb(VERBS.toolDefinition)
  read(request: ToolDefinitionRequest): ToolDefinitionReply {
    return this.readDefinition.run(request);
  }
}
