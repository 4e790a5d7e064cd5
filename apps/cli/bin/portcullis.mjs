#!/usr/bin/env node
// npm links this when it installs, before anything is built: a link to dist would not be made.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('portcullis is not built yet: npm run build, or npm start, which does it.\n');
  process.exitCode = 1;
}
