// What the vault's own work costs: envelopes beside bare node:crypto, `open` over NATS beside an echo, and the rewrap job.
import { envelopeRows } from './envelope-rates.mjs';
import { startInstallation } from './installation.mjs';
import { openRows } from './open-race.mjs';
import { rewrapRows } from './rewrap.mjs';

export default async function vault(run) {
  const rows = await envelopeRows(run);
  const installation = await startInstallation();
  try {
    rows.push(...(await openRows(run, installation)));
    rows.push(...(await rewrapRows(run, installation)));
    return rows;
  } finally {
    await installation.stop();
  }
}
