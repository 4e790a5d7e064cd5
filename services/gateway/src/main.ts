import 'reflect-metadata';
import { createLogger, exitOnBadConfig, runProcess } from '@portcullis/platform';
import { readConfig } from './config.js';
import { startGateway } from './start-gateway.js';

const config = exitOnBadConfig(readConfig);
const logger = createLogger('gateway', config.LOG_LEVEL);

await runProcess({
  service: 'gateway',
  logger,
  exitWithParent: config.EXIT_WITH_PARENT === '1',
  start: () => startGateway(config, logger),
});
