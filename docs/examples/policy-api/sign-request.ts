// The header Pc-Request for a body on standard input: node sign-request.ts SUBJECT < body. Valid for ten seconds.
import { readFileSync } from 'node:fs';
import { Secret, signClientRequest } from '@portcullis/contracts';

const [, , subject = ''] = process.argv;
const token = Secret.of(readFileSync(process.env['POLICY_TOKEN_FILE']!, 'utf8').trim());
process.stdout.write(signClientRequest(token, subject, readFileSync(0)));
