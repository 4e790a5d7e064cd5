import { resolveOwner } from './owner.js';

const root = { uid: 0, gid: 0 };
const ada = { uid: 1000, gid: 1000 };

describe('the account of the containers', () => {
  it.each([
    ['the caller', undefined, ada, ada],
    ['an account of no one when root calls', undefined, root, { uid: 10_001, gid: 10_001 }],
    ['whom root names', '2000:3000', root, { uid: 2000, gid: 3000 }],
    ['the caller, named', '1000:1000', ada, ada],
  ])('is %s', (_what, wanted, caller, owner) => {
    expect(resolveOwner(wanted, caller)).toEqual(owner);
  });

  it.each([
    ['root', '0:0', root, 'do not run as root'],
    ["root's group", '1000:0', root, 'do not run as root'],
    ['another account, unless root calls', '2000:2000', ada, 'Only root'],
    ['a name', 'ada', root, 'uid:gid in digits'],
  ])('is not %s', (_what, wanted, caller, message) => {
    expect(() => resolveOwner(wanted, caller)).toThrow(message);
  });
});
