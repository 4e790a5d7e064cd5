import type { Principal } from '@portcullis/contracts';

/** Directory data of the person behind a principal: for sealed sections and answers, never for decisions. */
export interface Person {
  readonly name: string;
  readonly email: string | null;
}

/** Whose key was presented. */
export interface Authenticated {
  readonly principal: Principal;
  readonly person: Person;
}

/** Who asks for an administrative operation, and from where. */
export interface Admin extends Authenticated {
  /** Address of the peer of the TCP connection: no header is believed. */
  readonly address: string;
  readonly userAgent: string | null;
}
