/** What upstream, proxies and client say of themselves, in the revision that all of them speak. */
export const VERSION = '2026-07-28';
export const INFO = { name: 'portcullis-bench', version: '1.0.0' };
export const TOOL = 'echo';
