import { newId, type PolicyCommand, type Rule } from '@portcullis/contracts';
import type { PolicyInstallation, Who } from './policy-installation.js';

export interface SampleOrganisation {
  org: string;
  admin: Who;
  member: Who;
  srv: string;
}

export const READS: Rule = {
  id: 'members-read',
  effect: 'allow',
  subjects: { roles: ['member'] },
  servers: ['*'],
  tools: ['*'],
  labels: ['read'],
};

/** Founded as the home organisation, or by its admin: a member, a server `notes` with a credential slot, read access. */
export async function foundOrganisation(
  installation: PolicyInstallation,
  home?: SampleOrganisation,
): Promise<SampleOrganisation> {
  const org = newId();
  const sample = {
    org,
    admin: { org, sub: newId(), sid: newId() },
    member: { org, sub: newId(), sid: newId() },
    srv: newId(),
  };
  const register: PolicyCommand = {
    type: 'RegisterOrganisation',
    org,
    founder: sample.admin.sub,
    home: home === undefined,
  };
  await installation.command(home?.admin ?? null, register);
  await installation.command(
    sample.admin,
    { type: 'AddMember', user: sample.member.sub },
    {
      type: 'ConnectServer',
      srv: sample.srv,
      slug: 'notes',
      dst: 'https://notes.example',
      slots: [{ slot: 'token', owner: 'organisation' }],
    },
    { type: 'LabelTool', srv: sample.srv, tool: 'list_notes', label: 'read' },
    { type: 'LabelTool', srv: sample.srv, tool: 'create_note', label: 'write' },
    { type: 'AddRule', rule: READS },
  );
  return sample;
}
