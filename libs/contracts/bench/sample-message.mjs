/** Records in a message of about 700 bytes, and of about 64 KB. */
export const SMALL = 4;
export const LARGE = 480;

/** A tools/call with so many records among its arguments. */
export function message(records) {
  const rows = Array.from({ length: records }, (_, n) => ({
    title: `Invoice ${String(n).padStart(5, '0')} – März`,
    path: `/archive/2026/${n}`,
    amount: n * 12.75,
    tags: ['open', 'emea'],
    paid: n % 3 === 0,
    note: n % 5 === 0 ? null : 'Say "hello"\n',
  }));
  const args = { channel: 'C024BE91L', text: 'Monthly report', rows };
  return { jsonrpc: '2.0', id: 17, method: 'tools/call', params: { name: 'send_message', arguments: args } };
}
