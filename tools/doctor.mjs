// npm run doctor [-- options]: `portcullis doctor` with the Node and the nats-server that npm start would take.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findNatsServer } from './setup/nats.mjs';
import { nodeBinary, root } from './workspace.mjs';

const natsServer = findNatsServer(process.env);
const { status } = spawnSync(
  nodeBinary(),
  [join(root, 'apps/cli/dist/main.js'), 'doctor', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(natsServer === undefined ? {} : { NATS_SERVER_BIN: natsServer }) },
  },
);
process.exitCode = status ?? 2;
