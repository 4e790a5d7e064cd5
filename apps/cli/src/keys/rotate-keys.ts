import { rotateKekReplySchema } from '@portcullis/contracts';
import { KEKS, keysApi, print, readKeys } from './keys-api.js';

/** `portcullis keys rotate`: of two who ask at once, one is told that the key has changed meanwhile. */
export async function rotateKeys(admin: string, json: boolean): Promise<void> {
  const api = keysApi(admin);
  const { primary } = await readKeys(api);
  const rotated = await api.call({
    method: 'POST',
    path: `${KEKS}/rotations`,
    body: { primary },
    reply: rotateKekReplySchema,
  });
  const next = `Then: portcullis keys rewrap --admin ${admin}`;
  print(json, rotated, `${rotated.primary} seals now; ${primary} still opens.\n${next}`);
}
