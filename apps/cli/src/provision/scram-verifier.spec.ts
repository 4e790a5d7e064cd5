import { scramVerifier } from './scram-verifier.js';

it('gives the keys of the exchange in RFC 7677 section 3, in the notation of PostgreSQL', () => {
  // From the exchange there: the server's signature under ServerKey, the client's proof under StoredKey.
  expect(scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==' +
      '$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

it('has a salt of its own each time', () => {
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});

it('refuses a password that SASLprep would have to change', () => {
  expect(() => scramVerifier('päncil')).toThrow('base64url');
});
