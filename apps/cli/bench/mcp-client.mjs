import { Agent, request } from 'node:http';

const VERSION = '2025-11-25';

/**
 * As little client as the protocol allows, over connections that are kept: what is measured is the server. Answers come
 * as the text of the response, JSON or server-sent events.
 */
export function mcpClient(url, authorization) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const headers = {
    ...authorization,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': VERSION,
  };
  let lastId = 0;

  const post = (message) =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
      const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.byteLength } };
      const sent = request(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });

  return {
    request: (method, params) => post({ id: (lastId += 1), method, params }),
    /** For servers that keep sessions. */
    async openSession() {
      const clientInfo = { name: 'portcullis-bench', version: '1.0.0' };
      const params = { protocolVersion: VERSION, capabilities: {}, clientInfo };
      const {
        status,
        headers: given,
        text,
      } = await post({ id: (lastId += 1), method: 'initialize', params });
      if (status !== 200) throw new Error(`initialize answered ${status}: ${text}`);
      if (given['mcp-session-id'] !== undefined) headers['mcp-session-id'] = given['mcp-session-id'];
      await post({ method: 'notifications/initialized' });
    },
    close: () => agent.destroy(),
  };
}
