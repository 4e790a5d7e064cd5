/** Rules that every organisation has and nobody can change. Their names are refused for rules of admins. */
const BUILTIN_RULES = {
  'default-deny': 'What no rule allows is denied.',
  'not-a-member': 'Only members of the organisation may do anything.',
  'credential-revoked': 'A revoked key or session may do nothing.',
  'unknown-server': 'The server must be connected to the organisation.',
  'unsupported-operation': 'Operations without a rule language of their own are denied.',
  'invalid-arguments': 'Arguments must be an I-JSON object within bounds.',
  'unlabelled-tool': 'A tool without a label counts as destructive and is denied.',
  'tool-disabled': 'An admin has switched the tool off.',
  'tool-quarantined': 'A tool whose definition has changed, or that nobody has approved yet, is not used.',
  'scope-missing': 'A session without the scope mcp or mcp:write may use no tool.',
  'read-only-session': 'A session without the scope mcp:write may use read tools only.',
  'no-visible-tools': 'A catalogue is opened only for those who may use something in it.',
  'visible-tools': 'Whoever may use a tool of a server may read its catalogue.',
  'organisation-admin': 'An admin may administer the organisation and read the catalogues of its servers.',
  'not-an-admin': 'Administrative operations need the role admin.',
  approver: 'Whom a rule names as approver decides what others have asked for.',
  'own-secret': 'A member may keep credentials of their own for a server that asks each user for one.',
  'foreign-secret': 'Nobody stores or deletes a credential for another person.',
  'secret-target-mismatch': 'A credential goes to a connected server, its slot and its destination only.',
  'organisation-unknown': 'The organisation has no policy.',
  'policy-unverified': 'A policy whose chain of signed facts does not hold allows nothing.',
} as const;

export type BuiltinRule = keyof typeof BUILTIN_RULES;

export const isBuiltinRule = (id: string): id is BuiltinRule => Object.hasOwn(BUILTIN_RULES, id);
