import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsKmsKeyProvider, type AwsKmsKey } from '../../src/adapters/aws-kms.key-provider.js';
import { parseKeyArn } from '../../src/adapters/aws-kms/key-arn.js';
import type { ProviderUnderTest } from '../../src/ports/key-provider.contract.js';
import type { CredentialFiles } from './transit-installation.js';
import { KmsStandIn, REGION } from './kms-stand-in.js';

const POLICY = join(import.meta.dirname, '../../../../infra/aws-kms/portcullis-policy.json');

/** The actions of the IAM policy that is shipped. */
export function shippedActions(): string[] {
  const { Statement } = JSON.parse(readFileSync(POLICY, 'utf8')) as {
    Statement: { Action: string | string[] }[];
  };
  return Statement.flatMap(({ Action }) => Action);
}

/** Two keys in a stand-in, used with the policy that is shipped. */
export async function standInKms(files: CredentialFiles) {
  const standIn = await KmsStandIn.start();
  standIn.permitted = shippedActions();
  const arns = new Map(['aws:kek-a', 'aws:kek-b'].map((reference) => [reference, standIn.createKey().arn]));
  const keyOf = (reference: string, changes: Partial<AwsKmsKey> = {}): AwsKmsKey => ({
    reference,
    keyArn: arns.get(reference) ?? '',
    access: {
      region: REGION,
      endpoint: standIn.url,
      ca: null,
      credentialsFile: files.write('aws-credentials', standIn.credentials),
    },
    ...changes,
  });
  const under: ProviderUnderTest = {
    keys: ['aws:kek-a', 'aws:kek-b'],
    create: (reference) => AwsKmsKeyProvider.create(keyOf(reference)),
  };
  return { standIn, under, keyOf };
}

/**
 * Two keys in AWS: `PORTCULLIS_TEST_AWS_KEY_A` and `…_KEY_B` are their ARNs, `…_CREDENTIALS_FILE` is a shared credentials file (or
 * the role of the machine), `…_ENDPOINT` another endpoint than the public one.
 */
export function realKms(keyA: string): ProviderUnderTest {
  const setting = (name: string): string | undefined => process.env[`PORTCULLIS_TEST_AWS_${name}`];
  const arns = new Map([
    ['aws:kek-a', keyA],
    ['aws:kek-b', setting('KEY_B') ?? ''],
  ]);
  return {
    keys: ['aws:kek-a', 'aws:kek-b'],
    // Each of them costs a request to the service.
    runs: 10,
    create: (reference) => {
      const arn = parseKeyArn(arns.get(reference) ?? '');
      if (arn === null) throw new Error('PORTCULLIS_TEST_AWS_KEY_A and …_KEY_B have to be ARNs of keys.');
      return AwsKmsKeyProvider.create({
        reference,
        keyArn: arn.arn,
        access: {
          region: arn.region,
          endpoint: setting('ENDPOINT') ?? arn.endpoint,
          ca: null,
          credentialsFile: setting('CREDENTIALS_FILE') ?? null,
        },
      });
    },
  };
}
