import { createLogger, exitOnBadConfig, runProcess } from '@portcullis/platform';
import { readConfig } from './config.js';
import { startControl } from './start-control.js';

const config = exitOnBadConfig(() => readConfig());
const logger = createLogger('control', config.LOG_LEVEL);

await runProcess({
  service: 'control',
  logger,
  exitWithParent: config.EXIT_WITH_PARENT === '1',
  start: () => startControl(config, logger),
});
