/** Listens on a free port of 127.0.0.1, tells the parent which, and ends when the parent does. */
export function serveForParent(server) {
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.once('disconnect', () => process.exit());
}

export async function readText(stream) {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}
