/**
 * Every feature that Portcullis promises, by id. A test cites the ids it proves with `verifies('P1')`;
 * `npm run requirements` shows who proves what, and a test fails when a claimed id has no test.
 *
 * Plain data: Node imports this file directly by stripping its types, so no enums, decorators or path aliases.
 */
export interface Requirement {
  readonly id: string;
  readonly text: string;
  /** True once the whole sentence of `text` holds and tests prove it. */
  readonly claimed: boolean;
  /** What is there so far, while the id is not claimed. */
  readonly note?: string;
}

export const requirements: readonly Requirement[] = [
  {
    id: 'P1',
    text: 'Every stored credential: own 32-byte DEK, AES-256-GCM, random 96-bit IV, wrapped DEK beside the ciphertext',
    claimed: true,
  },
  {
    id: 'P2',
    text: 'KEK outside the database; primary + secondary KEK: both open, only the primary seals; online rotation with a rewrap job',
    claimed: true,
  },
  { id: 'P3', text: "A provider's workspace token and per-user token have separate DEKs", claimed: true },
  {
    id: 'P4',
    text: 'Sign-in tokens (id/access tokens of the IdP) are discarded after identity verification (unless D10 needs the session id: keep `sid`/`sub`, never the tokens)',
    claimed: false,
  },
  {
    id: 'P5',
    text: 'Credentials decrypted in memory only for a call; never in logs, errors, traces, events',
    claimed: true,
  },
  {
    id: 'P6',
    text: 'Sign-in by OIDC (Google and any other) or e-mail magic link; no passwords; sessions in the database, opaque cookie, revocation immediate',
    claimed: false,
  },
  {
    id: 'P7',
    text: 'Each tool labelled read / write / destructive; admins disable any subset for any user; read stays on while writes are off',
    claimed: true,
  },
  {
    id: 'P8',
    text: 'Append-only audit of every tool call: actor kind (user, agent on behalf of a user, system), server, tool, outcome, time, structured metadata; CSV export',
    claimed: true,
  },
  {
    id: 'P9',
    text: 'Servers owned by a person or an organisation; every query scoped by owner; soft delete with grace window and restore',
    claimed: false,
    note: 'Servers of organisations, scoped queries; personal servers and restore missing.',
  },
  {
    id: 'P10',
    text: 'Tool payloads (prompts, responses) are not kept beyond audit metadata',
    claimed: true,
  },
  {
    id: 'P11',
    text: 'Customer-managed keys per organisation (their roadmap; ours from the start)',
    claimed: true,
  },
  {
    id: 'P12',
    text: 'SOC 2 support: control documents (incident response, change, access, retention, KEK rotation, vulnerability, vendor) and evidence export',
    claimed: false,
  },
  { id: 'P13', text: 'Status page; SAML/SSO (their roadmap)', claimed: false },
  {
    id: 'G1',
    text: "Per-user key hierarchy: a breach of one user's key exposes nobody else",
    claimed: true,
  },
  {
    id: 'G2',
    text: 'Swappable key providers: local, HashiCorp Vault transit, AWS KMS, GCP KMS',
    claimed: true,
  },
  {
    id: 'G3',
    text: "Zero credential exposure: never in an API response, never in tool arguments, never in what the model sees; an honest echo by an upstream (secrets ≥ 8 bytes; plain, URL, base64, hex, JSON-escaped) is redacted, and the limit of that is stated (a transforming upstream can't be beaten)",
    claimed: true,
  },
  {
    id: 'G4',
    text: 'API keys: recognisable prefix and checksum, memory-hard hash, shown once, timing-safe, regenerate revokes at once',
    claimed: true,
  },
  {
    id: 'G5',
    text: 'Containers non-root with CPU/memory limits, TLS reverse proxy with automatic certificates, Postgres row-level security',
    claimed: false,
    note: 'Forced row-level security is proven by a test of the catalogue; containers and TLS are described in infra/ and were never run.',
  },
  {
    id: 'G6',
    text: 'Audit also holds: arguments the AI sent (by policy: none / digest / redacted / full-encrypted), guardrail decision, latency',
    claimed: false,
    note: 'Argument digests, decision and latency are in the record; redacted and full modes missing.',
  },
  { id: 'G7', text: 'Responses are never written to disk', claimed: true },
  {
    id: 'H1',
    text: 'stdio MCP servers run each in its own ephemeral sandbox per session: no shared file system, no persistent state, no way to the gateway host or other sandboxes',
    claimed: false,
  },
  {
    id: 'H2',
    text: 'Organisations and role-based access: which tools each member may invoke; cross-organisation access is an absent code path',
    claimed: true,
  },
  {
    id: 'H3',
    text: 'Local keys derived by HKDF from a root secret; refuses to start without it; equal plaintexts never give equal ciphertexts',
    claimed: true,
  },
  {
    id: 'H4',
    text: 'List and detail endpoints give metadata only (name, last-4 preview, timestamps)',
    claimed: true,
  },
  {
    id: 'H5',
    text: 'A static check in CI fails the build if a log call can receive raw environment, header or variable values; a secret that a server echoes on stderr becomes `[REDACTED:NAME]`',
    claimed: false,
    note: 'The lint rule fails the build; redaction on stderr comes with the sandbox.',
  },
  {
    id: 'H6',
    text: 'Deleting a server deletes its variables, tokens, files, logs; deleting an organisation does so for every member; backups age out',
    claimed: false,
    note: 'Deleting a server destroys every credential kept for it, removing a user those of the user; files, logs, deletion of an organisation and ageing of backups missing.',
  },
  {
    id: 'H7',
    text: 'Uploaded credential/config files are encrypted like any secret and given to the sandbox only',
    claimed: false,
  },
  {
    id: 'D1',
    text: 'SSO by OIDC (Okta and any other); the AI client gets only a short-lived token that we issue; upstream and IdP tokens stay on the server, encrypted',
    claimed: false,
    note: 'Only API keys so far; upstream credentials never reach the client.',
  },
  {
    id: 'D2',
    text: "Calls act on behalf of the signed-in user, with that user's rights only",
    claimed: false,
    note: 'By API key; sign-in of people missing.',
  },
  { id: 'D3', text: 'The organisation is validated on every request', claimed: true },
  { id: 'D4', text: 'Read-oriented profile: an endpoint that exposes no destructive tool', claimed: false },
  { id: 'D5', text: 'TLS 1.2+ (1.3 preferred) everywhere, HSTS', claimed: false },
  { id: 'D6', text: 'OAuth tokens and client registrations encrypted at rest', claimed: false },
  { id: 'D7', text: 'No copy of customer content is kept', claimed: true },
  {
    id: 'D8',
    text: 'Log of each call: user, organisation, tool, time; central monitoring (metrics, traces, alerts)',
    claimed: true,
  },
  { id: 'D9', text: 'Removing a user from an organisation ends their MCP access there', claimed: true },
  {
    id: 'D10',
    text: 'IdP-driven revocation: back-channel logout or a suspended user ends sessions, stops refresh, locks out the AI client',
    claimed: false,
  },
  {
    id: 'S1',
    text: 'slug → endpoint → owning tenant is resolved before any data path; a token of tenant A is rejected (403) wherever it is pointed',
    claimed: true,
  },
  {
    id: 'S2',
    text: 'Bearer tokens, API keys, codes stored only as hashes; shown once',
    claimed: false,
    note: 'API keys are kept as hashes and shown once; OAuth codes and tokens do not exist yet.',
  },
  {
    id: 'S3',
    text: 'Magic links: hashed, single use, 15 min, deleted within 24 h after expiry',
    claimed: false,
  },
  {
    id: 'S4',
    text: 'OAuth authorization codes: hashed, single use, at most 5 min, PKCE S256 only',
    claimed: false,
  },
  {
    id: 'S5',
    text: 'Signed download URLs: 120 s, tenant claim re-bound on every request, constant-time compare',
    claimed: false,
  },
  {
    id: 'S6',
    text: 'Signed upload URLs: 300 s, maximum bytes inside, checked before and after, oversize object deleted',
    claimed: false,
  },
  {
    id: 'S7',
    text: 'Scopes `mcp` (read, default) and `mcp:write` (only by an explicit, warned checkbox on the consent page); per-app revocation in one click by OAuth client id',
    claimed: false,
  },
  {
    id: 'S8',
    text: 'Audit of lifecycle events (server provisioned/failed/deleted, account deleted, tools rebuilt) and of writes with the affected resource and OAuth client',
    claimed: false,
  },
  { id: 'S9', text: 'Audit retention 12 months by default, operational logs 30 days', claimed: false },
  {
    id: 'S10',
    text: "Physical isolation option: a tenant's data in its own database and streams",
    claimed: false,
  },
  { id: 'S11', text: 'A public threat model that also says what is not covered', claimed: true },
  {
    id: 'C1',
    text: 'NX monorepo: `services/{gateway,vault,policy,audit}`, `libs/contracts`, `infra/docker-compose.yml`, `nx.json`',
    claimed: true,
  },
  { id: 'C2', text: 'NestJS services over NATS; policy API also over gRPC', claimed: true },
  {
    id: 'C3',
    text: 'CASL tool rules; HashiCorp Vault transit wraps DEKs; EventStoreDB/KurrentDB stream; TypeORM; jest + supertest',
    claimed: false,
    note: 'CASL, event store, TypeORM, jest over real HTTP (without supertest, whose in-process server is not needed); transit wraps the keys of owners, which wrap the DEKs.',
  },
  {
    id: 'C4',
    text: 'Audit export and retention jobs fed from the stream; replay for compliance teams',
    claimed: false,
    note: 'Export fed from the stream; retention and replay missing.',
  },
  {
    id: 'C5',
    text: 'Each service builds, starts, is configured, tested and shipped alone',
    claimed: false,
    note: 'Each service builds, is configured, starts and is tested alone; its image has never been built.',
  },
  {
    id: 'B1',
    text: "Audit before effect: the decision is durably recorded before the upstream is touched; a lost reply becomes `Interrupted`, never silence. If the record can't be written, the call does not happen",
    claimed: true,
  },
  {
    id: 'B2',
    text: "Proof-carrying decrypt: the vault opens a credential only against an authenticated, fresh, single-use policy grant and an audit receipt bound to it, so every opened credential has a decision and a durable record. A stolen gateway can open only what policy allows the sessions it sees, one recorded open at a time, only for the destination the owner consented to, within the vault's own rate limits (alarm, then lock), and never what policy denies",
    claimed: true,
  },
  {
    id: 'B3',
    text: 'The broker is untrusted: credentials cross NATS sealed (both ways), and every decision, receipt and reply is authenticated over its request, so a broker that reads, rewrites or answers itself gains nothing',
    claimed: true,
  },
  {
    id: 'B4',
    text: "Transparency log: RFC 6962 Merkle tree per organisation and class, C2SP checkpoints and tiles, witnessed by the vault, inclusion and consistency proofs, offline verification by a stranger's tool with honest verdicts (anchored / consistent but unanchored / failed)",
    claimed: false,
    note: 'Records carry nonce and digest, leaf and checkpoint formats are fixed; sealing missing.',
  },
  {
    id: 'B5',
    text: 'Erasure that still verifies: personal fields sealed to a per-subject key; destroying it erases them in the log, views and archives while every proof still checks; what is out of reach (delivered exports and sinks, backups until a date, third parties named in arguments) is listed in the certificate; legal hold beats retention beats erasure',
    claimed: false,
    note: 'Personal fields are sealed to per-subject keys, which an admin can have destroyed, with a certificate; legal hold, a list of what is out of reach, and destroying again what a restore brings back are missing.',
  },
  {
    id: 'B6',
    text: 'Policy time machine: what did the policy say at time T, who could have called X then, and what would this candidate policy have done to the last N days of real traffic',
    claimed: true,
  },
  {
    id: 'B7',
    text: 'Policy as code with tests: YAML files, `test`, `plan` (diff), `apply`; decisions carry revision and digest; dead or unknown rules are rejected at load',
    claimed: true,
  },
  {
    id: 'B8',
    text: 'Strict conditions: a missing, null, mistyped or unexpected argument can never satisfy an allow nor escape a deny; linear-time patterns only; deny always wins, whatever the order',
    claimed: true,
  },
  {
    id: 'B9',
    text: 'Tool pinning: a tool whose definition changed is quarantined until an admin approves the diff',
    claimed: true,
  },
  {
    id: 'B10',
    text: 'Approvals: destructive calls can need a second person, bound to principal, tool digest and argument digest, single use, expiring',
    claimed: true,
  },
  {
    id: 'B11',
    text: 'Explained denials: the caller and the admin see which rule, which revision, which value, and how to ask for access',
    claimed: true,
    note: 'Rule, revision and how to ask are in the message; the deciding value is not.',
  },
  {
    id: 'B12',
    text: 'Streaming to SIEM (OCSF, webhook, syslog, OTLP): per-sink cursor, lag metric, replay from any position, at-least-once without a cliff',
    claimed: false,
  },
  {
    id: 'B13',
    text: 'MCP both eras: stateless 2026-07-28 and session-based 2025-11-25 clients and servers, in any combination',
    claimed: false,
    note: 'tools/list and tools/call in all four combinations; other methods and sessions towards clients missing.',
  },
  {
    id: 'B14',
    text: 'Completeness evidence: a whole (log, period) export proves that no recorded call was left out; a filtered one proves inclusion only, and says so',
    claimed: false,
  },
];
