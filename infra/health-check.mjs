// Health check of a container: exit code 0 if the address answers with success in time. node health-check.mjs URL
const TIMEOUT_MS = 4_000;

setTimeout(() => process.exit(1), TIMEOUT_MS);
try {
  const response = await fetch(process.argv[2], { redirect: 'error' });
  if (!response.ok) console.error(await response.text());
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exit(1);
}
