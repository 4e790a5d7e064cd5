/**
 * Who may import whom, by the tags in each package.json (`nx.tags`). Services know each other only through the
 * contracts; a constraint with an empty list allows nothing of ours.
 */
const depConstraints = [
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'scope:contracts', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:embedded-eventstore', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:embedded-postgres', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:eventing', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:policy-engine', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:eventing'] },
  { sourceTag: 'scope:platform', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:egress', onlyDependOnLibsWithTags: ['scope:contracts'] },
];

/** What only tests may use besides: real servers to run against. */
const TEST_SERVERS = ['scope:embedded-postgres', 'scope:embedded-eventstore'];

const options = (constraints) => ({
  enforceBuildableLibDependency: false,
  banTransitiveDependencies: false,
  allowCircularSelfDependency: true,
  // Lazy loading is a matter of web pages; a test may import late what a service imports at once.
  checkDynamicDependenciesExceptions: ['.*'],
  // What every package may use of the root.
  allow: ['^(\\.\\./)+tools/verifies\\.js$'],
  depConstraints: constraints,
});

/** Options of `@nx/enforce-module-boundaries` for what is shipped. */
export const boundaries = options(depConstraints);

/** The same for tests and for what a package offers to them. */
export const testBoundaries = options(
  depConstraints.map((constraint) =>
    constraint.onlyDependOnLibsWithTags.includes('scope:contracts')
      ? { ...constraint, onlyDependOnLibsWithTags: [...constraint.onlyDependOnLibsWithTags, ...TEST_SERVERS] }
      : constraint,
  ),
);
