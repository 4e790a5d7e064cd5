import { Module, type DynamicModule } from '@nestjs/common';
import { AdminController } from './admin/admin.controller.js';
import { AuthorizeAdmin } from './admin/authorize-admin.js';
import { ExplainForAdmin } from './admin/explain-for-admin.js';
import { PlanPolicy } from './admin/plan-policy.js';
import { PolicyCodeController } from './admin/policy-code.controller.js';
import { ReadPolicy } from './admin/read-policy.js';
import { TellActivePolicy } from './admin/tell-active-policy.js';
import { AuthorizeCall } from './authorize/authorize-call.js';
import { AuthorizeController } from './authorize/authorize.controller.js';
import { FilterTools } from './authorize/filter-tools.js';
import { CheckAccess } from './check/check-access.js';
import { CheckController } from './check/check.controller.js';
import { DefinitionsController } from './definitions/definitions.controller.js';
import { ObserveTools } from './definitions/observe-tools.js';
import { ReadDefinition } from './definitions/read-definition.js';
import { CheckMany } from './check/check-many.js';
import { ExplainAccess } from './check/explain-access.js';
import { ListAllowed } from './check/list-allowed.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { DecideApproval } from './approvals/decide-approval.js';
import { ListApprovals } from './approvals/list-approvals.js';
import type { HistoryUseCases } from './compose-history.js';
import { ExecuteCommands } from './commands/execute-commands.js';
import { DecideAt } from './history/decide-at.js';
import { HistoryController } from './history/history.controller.js';
import { WhoCould } from './history/who-could.js';
import { Simulate } from './simulation/simulate.js';
import { SimulationController } from './simulation/simulation.controller.js';

export interface UseCases extends HistoryUseCases {
  authorizeCall: AuthorizeCall;
  filterTools: FilterTools;
  authorizeAdmin: AuthorizeAdmin;
  readPolicy: ReadPolicy;
  planPolicy: PlanPolicy;
  activePolicy: TellActivePolicy;
  explainForAdmin: ExplainForAdmin;
  executeCommands: ExecuteCommands;
  checkAccess: CheckAccess;
  observeTools: ObserveTools;
  readDefinition: ReadDefinition;
  decideApproval: DecideApproval;
  listApprovals: ListApprovals;
  checkMany: CheckMany;
  listAllowed: ListAllowed;
  explainAccess: ExplainAccess;
}

@Module({
  controllers: [
    AuthorizeController,
    AdminController,
    PolicyCodeController,
    CheckController,
    DefinitionsController,
    ApprovalsController,
    HistoryController,
    SimulationController,
  ],
})
export class AppModule {
  static with(useCases: UseCases): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: AuthorizeCall, useValue: useCases.authorizeCall },
        { provide: FilterTools, useValue: useCases.filterTools },
        { provide: AuthorizeAdmin, useValue: useCases.authorizeAdmin },
        { provide: ReadPolicy, useValue: useCases.readPolicy },
        { provide: PlanPolicy, useValue: useCases.planPolicy },
        { provide: TellActivePolicy, useValue: useCases.activePolicy },
        { provide: ExplainForAdmin, useValue: useCases.explainForAdmin },
        { provide: ExecuteCommands, useValue: useCases.executeCommands },
        { provide: CheckAccess, useValue: useCases.checkAccess },
        { provide: ObserveTools, useValue: useCases.observeTools },
        { provide: ReadDefinition, useValue: useCases.readDefinition },
        { provide: DecideApproval, useValue: useCases.decideApproval },
        { provide: ListApprovals, useValue: useCases.listApprovals },
        { provide: CheckMany, useValue: useCases.checkMany },
        { provide: ListAllowed, useValue: useCases.listAllowed },
        { provide: ExplainAccess, useValue: useCases.explainAccess },
        { provide: DecideAt, useValue: useCases.decideAt },
        { provide: WhoCould, useValue: useCases.whoCould },
        { provide: Simulate, useValue: useCases.simulate },
      ],
    };
  }
}
