import { ACCESS_ROUTES } from '../access/access.routes.js';
import { DEFINITION_ROUTES } from '../definitions/definitions.routes.js';
import { GROUP_ROUTES } from '../groups/groups.routes.js';
import { DOCUMENT_ROUTES } from '../access/documents.routes.js';
import { APPROVAL_ROUTES } from '../approvals/approvals.routes.js';
import { SERVICE_ROUTES } from '../health/service.routes.js';
import { KEK_ROUTES } from '../keks/keks.routes.js';
import { KEY_ROUTES } from '../keys/keys.routes.js';
import { ORGANISATION_ROUTES } from '../organisations/organisations.routes.js';
import { POLICY_CLIENT_ROUTES } from '../policy-clients/policy-clients.routes.js';
import { SECRET_ROUTES } from '../secrets/secrets.routes.js';
import { SERVER_ROUTES } from '../servers/servers.routes.js';
import { TIME_MACHINE_ROUTES } from '../time-machine/time-machine.routes.js';
import { TRAIL_ROUTES } from '../trail/trail.routes.js';
import { USER_ROUTES } from '../users/users.routes.js';
import type { RouteSpec } from './route.js';

/** Every route of the service, in the order of the published document. */
export const ROUTES: readonly RouteSpec[] = [
  ...ORGANISATION_ROUTES,
  ...USER_ROUTES,
  ...KEY_ROUTES,
  ...SERVER_ROUTES,
  ...ACCESS_ROUTES,
  ...DEFINITION_ROUTES,
  ...DOCUMENT_ROUTES,
  ...GROUP_ROUTES,
  ...APPROVAL_ROUTES,
  ...TIME_MACHINE_ROUTES,
  ...POLICY_CLIENT_ROUTES,
  ...SECRET_ROUTES,
  ...KEK_ROUTES,
  ...TRAIL_ROUTES,
  ...SERVICE_ROUTES,
];
