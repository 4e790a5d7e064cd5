import 'reflect-metadata';
import { createLogger, exitOnBadConfig, runProcess } from '@portcullis/platform';
import { loadConfig } from './config.js';
import { startPolicy } from './start-policy.js';

const config = exitOnBadConfig(() => loadConfig());
const logger = createLogger('policy', config.LOG_LEVEL);

await runProcess({
  service: 'policy',
  logger,
  exitWithParent: config.EXIT_WITH_PARENT === '1',
  start: () => startPolicy(config, logger),
});
