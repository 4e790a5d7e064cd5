import { createHash, timingSafeEqual } from 'node:crypto';
import { ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js';
import { featuresGrpc } from '../protocol/generated.js';
import type { NodeCredentials } from './credentials.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Basic authentication of every call, before its first message is read; methods that don't exist included.
 * The one exception is the list of supported methods, which the client asks for without credentials.
 */
export function authenticate({ user, password }: NodeCredentials): ServerInterceptor {
  const expected = digest(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  const open: string = featuresGrpc.ServerFeaturesService.getSupportedMethods.path;
  return (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, forward) => {
            const presented = metadata.get('authorization')[0];
            const known = typeof presented === 'string' && timingSafeEqual(digest(presented), expected);
            if (known || method.path === open) forward(metadata);
            else
              call.sendStatus({ code: status.UNAUTHENTICATED, details: 'Credentials are missing or wrong' });
          },
        }),
    });
}
