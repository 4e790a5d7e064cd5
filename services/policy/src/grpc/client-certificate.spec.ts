import { describe, expect, it } from '@jest/globals';
import { newId } from '@portcullis/contracts';
import { boundClient } from './client-certificate.js';

const CLIENT = newId();
const URI = `URI:portcullis:policy-client:${CLIENT}`;

describe('the policy client of a certificate', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['is the one that its URI names', URI, CLIENT],
    ['may stand beside other names', `DNS:a.example, ${URI}, IP Address:10.0.0.1`, CLIENT],
    ['is none without names', undefined, undefined],
    ['is none with other names', 'DNS:a.example, URI:spiffe://a/b', undefined],
    ['is none with two', `${URI}, URI:portcullis:policy-client:${newId()}`, undefined],
    ['is none with something that is no id', 'URI:portcullis:policy-client:admin', undefined],
    ['is none with something behind the id', `${URI}x`, undefined],
    ['is not taken out of another name', `DNS:a${URI}`, undefined],
    ['is none where a name had to be quoted', `DNS:"a, ${URI}, b"`, undefined],
  ])('%s', (_name, names, wanted) => {
    expect(boundClient(names)).toBe(wanted);
  });
});
