export { connectionString } from './connection-string.js';
