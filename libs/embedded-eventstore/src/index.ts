export { connectionString } from './connection-string.js';
export { certificateFile } from './security/credentials.js';
