import type { UpReport } from './report.js';

const pretty = (value: unknown): string => JSON.stringify(value, undefined, 2).replaceAll('\n', '\n    ');

/** Claude (Code, and Desktop through its connector settings) and Cursor read `mcpServers`; VS Code reads `servers`. */
function clientConfigurations(mcp: string, apiKey: string): string {
  const headers = { Authorization: `Bearer ${apiKey}` };
  return [
    '  Claude      .mcp.json in a project:',
    `    ${pretty({ mcpServers: { portcullis: { type: 'http', url: mcp, headers } } })}`,
    '  Cursor      ~/.cursor/mcp.json:',
    `    ${pretty({ mcpServers: { portcullis: { url: mcp, headers } } })}`,
    '  VS Code     .vscode/mcp.json:',
    `    ${pretty({ servers: { portcullis: { type: 'http', url: mcp, headers } } })}`,
  ].join('\n');
}

function lineToTry(mcp: string, apiKey: string): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'notes__list_notes', arguments: {} },
  });
  const headers = [
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    'accept: application/json, text/event-stream',
  ];
  return `curl -s ${mcp} ${headers.map((header) => `-H '${header}'`).join(' ')} -d '${body}'`;
}

const lineToGrant = ({ admin, member }: UpReport, adminKey: string): string =>
  `curl -s -X PUT ${admin}/api/users/${member}/roles/writer -H 'authorization: Bearer ${adminKey}' -H 'content-type: application/json'`;

/** What `portcullis up` prints when everything runs. The only place where the keys are ever shown. */
export function describeForPeople(report: UpReport): string {
  const { mcp, admin, apiKey, adminKey } = report;
  const places = [
    '',
    'Portcullis is ready.',
    '',
    `  MCP         ${mcp}   (one server alone: ${mcp}/<slug>; here: ${report.servers.join(', ')})`,
    `  Admin API   ${admin}/api`,
    `  Policy API  gRPC ${report.policyGrpc}, AuthZEN ${report.policyAuthzen}`,
    `  NATS        ${report.nats}`,
    `  Data, logs  ${report.data}, ${report.logs}`,
    '',
  ];
  if (apiKey === null || adminKey === null) {
    const later = [
      '  The keys were shown at the first start; make others with the admin API.',
      '',
      '  Ctrl-C stops everything.',
      '',
    ];
    return [...places, ...later].join('\n');
  }
  const keys = [
    `  API key     ${apiKey}   (for MCP clients)`,
    `  Admin key   ${adminKey}   (for the admin API)`,
    '  Both are shown this once: only their hashes are kept.',
    '',
    clientConfigurations(mcp, apiKey),
    '',
    '  Try it:',
    `    ${lineToTry(mcp, apiKey)}`,
    '  Writing is denied to the member until an admin grants it; then the next call works:',
    `    ${lineToGrant(report, adminKey)}`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ];
  return [...places, ...keys].join('\n');
}
