import { parseKeyArn } from './key-arn.js';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

describe('the ARN of a key', () => {
  it.each([
    [
      `arn:aws:kms:eu-central-1:111122223333:key/${ID}`,
      'eu-central-1',
      'https://kms.eu-central-1.amazonaws.com',
    ],
    [
      `arn:aws:kms:us-east-1:111122223333:key/mrk-${ID.replaceAll('-', '')}`,
      'us-east-1',
      'https://kms.us-east-1.amazonaws.com',
    ],
    [
      `arn:aws-cn:kms:cn-north-1:111122223333:key/${ID}`,
      'cn-north-1',
      'https://kms.cn-north-1.amazonaws.com.cn',
    ],
    [
      `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/${ID}`,
      'us-gov-west-1',
      'https://kms.us-gov-west-1.amazonaws.com',
    ],
  ])('%s says where it is', (arn, region, endpoint) => {
    expect(parseKeyArn(arn)).toEqual({ arn, region, endpoint });
  });

  it.each([
    '',
    ID,
    'alias/portcullis',
    'arn:aws:kms:eu-central-1:111122223333:alias/portcullis',
    `arn:aws:kms:eu-central-1.evil.example:111122223333:key/${ID}`,
    `arn:aws:s3:eu-central-1:111122223333:key/${ID}`,
    `arn:constructor:kms:eu-central-1:111122223333:key/${ID}`,
    `arn:aws:kms:eu-central-1:111122223333:key/${ID}/x`,
  ])('is not %j', (text) => {
    expect(parseKeyArn(text)).toBeNull();
  });
});
