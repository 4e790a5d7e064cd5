import { retireKekReplySchema } from '@portcullis/contracts';
import { KEKS, keysApi, print } from './keys-api.js';

/** `portcullis keys retire <id>` */
export async function retireKey(admin: string, kekId: string, json: boolean): Promise<void> {
  const retired = await keysApi(admin).call({
    method: 'POST',
    path: `${KEKS}/retirements`,
    body: { kekId },
    reply: retireKekReplySchema,
  });
  print(json, retired, `${retired.retired}, and every version before it, opens nothing any more.`);
}
