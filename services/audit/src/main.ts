import 'reflect-metadata';
import { createLogger, exitOnBadConfig, runProcess } from '@portcullis/platform';
import { loadConfig } from './config.js';
import { startAudit } from './start-audit.js';

const config = exitOnBadConfig(() => loadConfig());
const logger = createLogger('audit', config.LOG_LEVEL);

await runProcess({
  service: 'audit',
  logger,
  exitWithParent: config.EXIT_WITH_PARENT === '1',
  start: () => startAudit(config, logger),
});
