import { createAuthority } from '../../provision/certificates/authority.js';
import { judgeCertificates } from './certificates.js';

const DAY_MS = 86_400_000;
const validity = { notBefore: new Date('2030-01-01'), notAfter: new Date('2031-01-01') };
const at = (days: number): Date => new Date(validity.notBefore.getTime() + days * DAY_MS);

const authority = createAuthority('ca', validity);
const { certificate } = authority.issue('node', ['node']);
const file = { name: 'the node', path: '/x.crt', mend: 'renew it' };

it.each([
  ['in the middle of its time', { certificate, authority: authority.certificate }, 100, 'ok'],
  ['31 days before its end', { certificate, authority: authority.certificate }, 365 - 31, 'ok'],
  ['29 days before its end', { certificate, authority: authority.certificate }, 365 - 29, 'warn'],
  ['after its end', { certificate, authority: authority.certificate }, 366, 'fail'],
  ['before its time', { certificate, authority: authority.certificate }, -1, 'fail'],
  ['that is missing', { certificate: undefined, authority: authority.certificate }, 100, 'fail'],
  ['that is none', { certificate: 'nonsense', authority: authority.certificate }, 100, 'fail'],
  [
    'from another authority of the same name',
    { certificate, authority: createAuthority('ca', validity).certificate },
    100,
    'fail',
  ],
])('judges a certificate %s', (_, pems, day, status) => {
  expect(judgeCertificates([{ ...file, ...pems }], at(day))).toMatchObject([{ status }]);
});
