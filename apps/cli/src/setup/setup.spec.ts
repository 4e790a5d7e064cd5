import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Keyring,
  openTrustBundle,
  serviceIdentitySchema,
  signedTrustBundleSchema,
} from '@portcullis/contracts';
import { openDataDirectory, type DataDirectory } from './data-directory.js';
import { completeInstallation, installationId } from './installation.js';
import { readSecret } from './secrets.js';
import { SERVICES } from './trust.js';

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-setup-'));
  directory = join(root, 'data');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const setUp = () => {
  const data = openDataDirectory(directory);
  return { data, installation: completeInstallation(data, installationId(data)) };
};

function everythingIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((entry) => join(path, entry));
}

/** All file contents by path: the whole state of an installation. */
function contents(data: DataDirectory): Record<string, string> {
  const files = everythingIn(data.root).filter((path) => lstatSync(path).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(path, 'utf8')]));
}

describe('first start', () => {
  it('makes directories 0700 and files 0600, whatever the umask', () => {
    const before = process.umask(0);
    const { data } = setUp();
    process.umask(before);
    for (const path of [data.root, ...everythingIn(data.root)]) {
      const found = lstatSync(path);
      expect([path, (found.mode & 0o777).toString(8)]).toEqual([path, found.isDirectory() ? '700' : '600']);
    }
  });

  it('makes secrets that no other installation has', () => {
    const first = setUp().data;
    directory = join(root, 'other');
    const second = setUp().data;
    for (const name of ['vault-root', 'bootstrap-token', 'postgres-superuser', 'control-app-password']) {
      expect(readSecret(first, name)).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(readSecret(first, name)).not.toBe(readSecret(second, name));
    }
  });

  it('makes identities whose bundle the pinned root has signed', () => {
    const { installation } = setUp();
    const { bundle, rootPublicKey, identity } = installation.trust;
    const signed = signedTrustBundleSchema.parse(JSON.parse(readFileSync(bundle, 'utf8')));
    const opened = openTrustBundle(signed, [rootPublicKey], new Date());
    expect(opened.installation).toBe(installation.id);
    for (const service of SERVICES) {
      const own = serviceIdentitySchema.parse(JSON.parse(readFileSync(identity(service), 'utf8')));
      expect(() => new Keyring(own, opened, () => new Date())).not.toThrow();
    }
  });
});

describe('later starts', () => {
  it('change nothing', () => {
    const before = contents(setUp().data);
    expect(contents(setUp().data)).toEqual(before);
  });

  it('complete a set-up that was cut off after any of its steps', () => {
    const whole = contents(setUp().data);
    const files = Object.keys(whole).sort((a, b) => lstatSync(a).mtimeMs - lstatSync(b).mtimeMs);
    for (const kept of [0, 1, 5, files.length - 2]) {
      directory = join(root, `cut-${kept}`);
      const { data } = setUp();
      const again = files.map((file) => file.replace(join(root, 'data'), directory));
      const early = Object.fromEntries(
        again.slice(0, kept).map((file) => [file, readFileSync(file, 'utf8')]),
      );
      for (const file of again.slice(kept)) rmSync(file);
      writeFileSync(join(data.secrets, '.vault-root.0123456789ab.tmp'), 'half a sec', { mode: 0o600 });
      const after = contents(setUp().data);
      expect(Object.keys(after).sort()).toEqual([...again].sort());
      expect(after).toMatchObject(early);
    }
  });
});

describe('a data directory that is not safe', () => {
  it.each([
    [
      'others can enter it',
      () => chmodSync(directory, 0o755),
      /can be read by others \(mode 755\); it must be 700/,
    ],
    [
      'a folder in it is open',
      () => chmodSync(join(directory, 'secrets'), 0o750),
      /secrets can be read by others/,
    ],
    [
      'a secret is readable',
      () => chmodSync(join(directory, 'secrets', 'vault-root'), 0o644),
      /vault-root can be read by others/,
    ],
    [
      'it holds something else',
      () => writeFileSync(join(directory, 'thesis.doc'), ''),
      /holds something that is not Portcullis's/,
    ],
    ['a secret is a link', () => swapForLink(join(directory, 'secrets', 'vault-root')), /is a symbolic link/],
  ])('is refused: %s', (_what, spoil, message) => {
    setUp();
    spoil();
    expect(setUp).toThrow(message);
  });

  it('is refused as a link to a directory', () => {
    mkdirSync(join(root, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(root, 'elsewhere'), directory);
    expect(setUp).toThrow('is a symbolic link');
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  function swapForLink(file: string): void {
    const target = join(root, 'planted');
    writeFileSync(target, 'known to an attacker', { mode: 0o600 });
    rmSync(file);
    symlinkSync(target, file);
  }

  it('is refused when it belongs to another user', () => {
    setUp();
    // Only root can give a directory away; another user is shown one of root's.
    if (process.getuid!() === 0) lchownSync(directory, 65_534, 65_534);
    else directory = '/root';
    expect(setUp).toThrow(/belongs to user (65534|0), not to user/);
  });
});
