import 'reflect-metadata';
import { createLogger, exitOnBadConfig, runProcess } from '@portcullis/platform';
import { loadConfig } from './config.js';
import { guardProcess } from './hygiene/process-guard.js';
import { startVault } from './start-vault.js';

const config = exitOnBadConfig(() => loadConfig());
const logger = createLogger('vault', config.LOG_LEVEL);

await runProcess({
  service: 'vault',
  logger,
  exitWithParent: config.EXIT_WITH_PARENT === '1',
  start: async () => {
    await guardProcess(config.NODE_ENV, config.NODE_OPTIONS, logger);
    return startVault(config, logger);
  },
});
