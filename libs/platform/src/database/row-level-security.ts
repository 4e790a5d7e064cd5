/** DDL that every tenant table gets, in the same transaction as its CREATE TABLE. Identifiers only, never input. */
export function protectTenantTable(schema: string, table: string): string[] {
  const name = `"${schema}"."${table}"`;
  const own = `org_id = NULLIF(current_setting('app.org_id', true), '')`;
  return [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY tenant_isolation ON ${name} USING (${own}) WITH CHECK (${own})`,
  ];
}

interface Queryable {
  query(sql: string, parameters?: unknown[]): Promise<unknown[] | { rows: unknown[] }>;
}

export interface CatalogueExpectation {
  schema: string;
  /** Tables that hold no tenant's data, each for a stated reason. */
  exempt: readonly string[];
  /** The closed list of SECURITY DEFINER functions. */
  definerFunctions: readonly string[];
  /** Login roles of the service; none may own tables, be superuser, or bypass row-level security. */
  roles: readonly string[];
}

/**
 * Reads PostgreSQL's catalogue and lists everything that deviates from the storage rules: a tenant table without forced
 * row-level security or without USING and WITH CHECK, a key or unique that doesn't begin with `org_id`, a view that
 * isn't `security_invoker`, an unlisted or unpinned SECURITY DEFINER function, a role with too many rights.
 */
export async function catalogueFaults(
  connection: Queryable,
  expected: CatalogueExpectation,
): Promise<string[]> {
  const rows = async (sql: string, parameters: unknown[]): Promise<Record<string, unknown>[]> => {
    const result = await connection.query(sql, parameters);
    return (Array.isArray(result) ? result : result.rows) as Record<string, unknown>[];
  };
  const faults: string[] = [];
  for (const table of await rows(TABLES, [expected.schema])) faults.push(...tableFaults(table, expected));
  for (const key of await rows(KEYS, [expected.schema])) {
    if (!expected.exempt.includes(String(key['table'])) && key['first'] !== 'org_id') {
      faults.push(`${key['table']}: key ${key['name']} begins with ${key['first']}, not org_id`);
    }
  }
  for (const view of await rows(VIEWS, [expected.schema])) {
    if (view['invoker'] !== true) faults.push(`${view['name']}: the view is not security_invoker`);
  }
  faults.push(...definerFaults(await rows(DEFINERS, [expected.schema]), expected));
  for (const role of await rows(ROLES, [expected.roles])) {
    if (role['powerful'] === true) faults.push(`${role['name']}: superuser, or bypasses row-level security`);
    if (Number(role['owned']) > 0) faults.push(`${role['name']}: owns ${role['owned']} tables`);
  }
  return faults;
}

function tableFaults(table: Record<string, unknown>, expected: CatalogueExpectation): string[] {
  const name = String(table['name']);
  if (expected.exempt.includes(name)) return [];
  const faults: string[] = [];
  if (table['tenant'] !== true) faults.push(`${name}: has no org_id and is not exempt`);
  if (table['enabled'] !== true || table['forced'] !== true)
    faults.push(`${name}: row-level security is not forced`);
  if (Number(table['complete']) === 0) faults.push(`${name}: no policy with both USING and WITH CHECK`);
  return faults;
}

function definerFaults(functions: Record<string, unknown>[], expected: CatalogueExpectation): string[] {
  const faults: string[] = [];
  const names = functions.map((row) => String(row['name']));
  for (const row of functions) {
    if (!expected.definerFunctions.includes(String(row['name'])))
      faults.push(`${row['name']}: unlisted SECURITY DEFINER`);
    if (row['pinned'] !== true) faults.push(`${row['name']}: SECURITY DEFINER without a fixed search_path`);
    if (row['public'] === true) faults.push(`${row['name']}: SECURITY DEFINER that everybody may execute`);
  }
  for (const name of expected.definerFunctions) {
    if (!names.includes(name)) faults.push(`${name}: listed SECURITY DEFINER function does not exist`);
  }
  return faults;
}

const TABLES = `
  SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND a.attnotnull) AS tenant,
    (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL
      AND p.polwithcheck IS NOT NULL) AS complete
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations'`;

const KEYS = `
  SELECT c.relname AS table, i.relname AS name, a.attname AS first
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
  WHERE n.nspname = $1 AND x.indisunique AND c.relname <> 'schema_migrations'`;

const VIEWS = `
  SELECT c.relname AS name, COALESCE('security_invoker=true' = ANY (c.reloptions), false) AS invoker
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'v'`;

const DEFINERS = `
  SELECT p.proname AS name,
    EXISTS (SELECT 1 FROM unnest(p.proconfig) o WHERE o LIKE 'search_path=%') AS pinned,
    has_function_privilege('public', p.oid, 'EXECUTE') AS public
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND p.prosecdef`;

const ROLES = `
  SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole AS powerful,
    (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')) AS owned
  FROM pg_roles r WHERE r.rolname = ANY ($1::text[])`;
