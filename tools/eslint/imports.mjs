const client = '@eventstore/db-client';

/** Options of `no-restricted-imports` for a file that may import the named ones of the restricted modules. */
export function restrictedImports({
  environment = false,
  eventStoreClient = false,
  eventStoreServer = false,
} = {}) {
  const paths = [];
  const patterns = [];
  if (!environment) {
    const message = 'Only config.ts reads the environment.';
    paths.push({ name: 'node:process', importNames: ['env'], message });
    paths.push({ name: 'process', importNames: ['env'], message });
  }
  if (!eventStoreClient) {
    const message = 'Only libs/eventing/src/eventstore-client.ts imports the event-store client.';
    paths.push({ name: client, message });
    patterns.push({ regex: `^${client}/dist`, message });
  }
  if (!eventStoreServer) {
    const message = 'The generated protocol code is for libs/embedded-eventstore only.';
    patterns.push({ regex: `^${client}/generated`, message });
  }
  return ['error', { paths, patterns }];
}
