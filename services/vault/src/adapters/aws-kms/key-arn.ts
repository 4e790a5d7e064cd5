const ARN = /^arn:(aws|aws-cn|aws-us-gov):kms:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:key\/[a-z0-9-]{1,64}$/;

const SUFFIXES: Readonly<Record<string, string>> = {
  aws: 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
  'aws-us-gov': 'amazonaws.com',
};

export interface KeyArn {
  readonly arn: string;
  readonly region: string;
  /** Of the public endpoint. */
  readonly endpoint: string;
}

/** Null unless it is the ARN of a key. An alias is none: it may be pointed at another key, and what was sealed stays behind. */
export function parseKeyArn(text: string): KeyArn | null {
  const [, partition = '', region = ''] = ARN.exec(text) ?? [];
  const suffix = SUFFIXES[partition];
  return suffix === undefined ? null : { arn: text, region, endpoint: `https://kms.${region}.${suffix}` };
}
