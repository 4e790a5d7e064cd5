import { describeKeys } from './describe-keys.js';
import { keysApi, print, readKeys } from './keys-api.js';

/** `portcullis keys status` */
export async function showKeys(admin: string, json: boolean): Promise<void> {
  const keys = await readKeys(keysApi(admin));
  print(json, keys, describeKeys(keys));
}
