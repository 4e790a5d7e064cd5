// The least that can stand between: forwards every byte to UPSTREAM over connections that are kept, and nothing else.
import { Agent, createServer, request as send } from 'node:http';
import { serveForParent } from './serve-for-parent.mjs';

const upstream = new URL(process.env.UPSTREAM);
const agent = new Agent({ keepAlive: true });

const server = createServer((request, response) => {
  const { method, url: path } = request;
  const headers = { ...request.headers, host: upstream.host };
  const { hostname, port } = upstream;
  const forwarded = send({ hostname, port, method, path, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  forwarded.on('error', () => response.destroy());
  request.pipe(forwarded);
});
serveForParent(server);
