import { z } from 'zod';
import { displayName, emailAddress, organisationId, shownOnce, time, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const person = z.strictObject({ name: displayName, email: emailAddress.nullable().default(null) });

const organisationSchema = z
  .strictObject({
    organisation: organisationId,
    name: displayName,
    home: z.boolean(),
    founder: userId,
    createdAt: time,
  })
  .meta({ id: 'Organisation' });

const foundedSchema = z
  .strictObject({ organisation: organisationId, admin: userId, key: z.string(), adminKey: shownOnce })
  .meta({ id: 'FoundedOrganisation' });

const founding = z.strictObject({
  name: displayName,
  admin: person.meta({ description: 'The first admin of the organisation.' }),
});

export const BOOTSTRAP = route({
  id: 'bootstrap',
  method: 'POST',
  path: '/api/bootstrap',
  tag: 'Organisations',
  summary:
    'Create the home organisation and its first admin. Works once, with the bootstrap token as bearer token.',
  access: { kind: 'bootstrap' },
  founds: true,
  body: founding,
  reply: {
    status: 201,
    description: 'The organisation, its admin, and the admin key (shown once).',
    schema: foundedSchema,
  },
  errors: ['ALREADY_EXISTS', 'FAILED_PRECONDITION'],
});

export const LIST_ORGANISATIONS = route({
  id: 'listOrganisations',
  method: 'GET',
  path: '/api/organisations',
  tag: 'Organisations',
  summary: 'The organisation of the key. There is no way to see another one.',
  access: { kind: 'key', operation: 'directory.read', scope: 'admin' },
  reply: {
    status: 200,
    description: 'A list with one entry.',
    schema: z.strictObject({ organisations: z.array(organisationSchema) }),
  },
});

export const CREATE_ORGANISATION = route({
  id: 'createOrganisation',
  method: 'POST',
  path: '/api/organisations',
  tag: 'Organisations',
  summary: 'Create an organisation and its first admin. For admins of the home organisation.',
  access: { kind: 'key', operation: 'organisation.create', scope: 'admin' },
  founds: true,
  body: founding,
  reply: {
    status: 201,
    description: "The organisation, and its founder's admin key (shown once).",
    schema: foundedSchema,
  },
  errors: ['ALREADY_EXISTS'],
});

export const ORGANISATION_ROUTES = [BOOTSTRAP, LIST_ORGANISATIONS, CREATE_ORGANISATION];
