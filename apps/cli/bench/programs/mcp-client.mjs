import { Agent, request } from 'node:http';
import { INFO, TOOL, VERSION } from './mcp-2026.mjs';

const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': INFO,
};

/**
 * As little client as the protocol allows, over connections that are kept: what is measured is the server.
 * Gives a function that calls the tool once, with a text that nobody else sends, and rejects unless just that comes back.
 */
export function echoCaller(url, credential) {
  const agent = new Agent({ keepAlive: true });
  const headers = {
    ...credential,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': VERSION,
    'mcp-method': 'tools/call',
    'mcp-name': TOOL,
  };
  let lastId = 0;
  return async () => {
    const id = (lastId += 1);
    const message = `hello through the gate, for the ${id}th time`;
    const params = { name: TOOL, arguments: { message }, _meta: META };
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
    const { status, text } = await post({ url, agent, headers }, body);
    // An error, or somebody else's answer, would be a fast one.
    if (status !== 200 || !isAnswer(text, id, message)) {
      throw new Error(`${url} answered ${status}: ${text.slice(0, 500)}`);
    }
  };
}

function isAnswer(text, id, message) {
  const answer = JSON.parse(text);
  return answer.id === id && answer.result?.content?.[0]?.text === message;
}

function post({ url, agent, headers }, body) {
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, ...length } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
