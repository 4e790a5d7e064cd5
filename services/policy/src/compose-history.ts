import type { Keyring, VerbCalls } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import type { PrincipalVerifier } from './authorize/principal-verifier.js';
import { Statements } from './authorize/statements.js';
import { verifyFactHead, verifyFactLink } from './chain/fact-chain.js';
import { keyringFactKeys } from './chain/keyring-fact-keys.js';
import { PolicyDecisions } from './decisions/policy-decisions.js';
import { DecideAt } from './history/decide-at.js';
import { PolicyHistory } from './history/policy-history.js';
import { unhurriedStore } from './history/unhurried-store.js';
import { WhoCould } from './history/who-could.js';
import { FactReader } from './replica/fact-reader.js';
import type { PolicyReplica } from './replica/policy-replica.js';
import { Simulate } from './simulation/simulate.js';
import { ReadingLeaves } from './sealed/reading-leaves.js';
import { SealedSections } from './sealed/sealed-sections.js';
import { Simulations, type SectionsFor } from './simulation/simulations.js';

export interface HistoryUseCases {
  decideAt: DecideAt;
  whoCould: WhoCould;
  simulate: Simulate;
}

interface Parts {
  keyring: Keyring;
  store: EventStore;
  peers: VerbCalls;
  replica: PolicyReplica;
}

/** What is asked of the past, and of what might have been. `simulations` run in the background until they are stopped. */
export function composeHistory(parts: Parts) {
  const { keyring, store, peers, replica } = parts;
  const history = new PolicyHistory({
    reader: new FactReader(unhurriedStore(store), verifyFactLink, verifyFactHead(keyringFactKeys(keyring))),
    verifiedRevision: (org) => replica.verifiedRevision(org),
    now: keyring.clock,
  });
  const simulations = new Simulations({
    history,
    audit: peers,
    sections: sectionsFor(parts),
    now: keyring.clock,
  });
  return {
    simulations,
    useCases: (principals: PrincipalVerifier, decisions: PolicyDecisions): HistoryUseCases => ({
      decideAt: new DecideAt(principals, decisions, history),
      whoCould: new WhoCould(principals, decisions, history),
      simulate: new Simulate({ principals, decisions, simulations, now: keyring.clock }),
    }),
  };
}

function sectionsFor({ keyring, peers, replica }: Parts): SectionsFor {
  const now = keyring.clock;
  const decisions = new PolicyDecisions(replica, now);
  const statements = new Statements(keyring);
  return (org, about, reader) => {
    const leaves = new ReadingLeaves({ decisions, statements, audit: peers, now }, about);
    return new SealedSections({ org, peers, keyring, leaves, reader });
  };
}
