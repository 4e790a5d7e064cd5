/**
 * Who may import whom, by the tags in each package.json (`nx.tags`). Services know each other only through the
 * contracts; a constraint with an empty list allows nothing of ours.
 */
export const depConstraints = [
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'scope:contracts', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:embedded-eventstore', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:embedded-postgres', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:eventing', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:platform', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:embedded-postgres'] },
  { sourceTag: 'scope:egress', onlyDependOnLibsWithTags: ['scope:contracts'] },
];

/** Options of `@nx/enforce-module-boundaries`. `allow` names what every package may use of the root. */
export const boundaries = {
  enforceBuildableLibDependency: false,
  banTransitiveDependencies: false,
  allowCircularSelfDependency: true,
  checkDynamicDependenciesExceptions: [],
  allow: ['^(\\.\\./)+tools/verifies\\.js$'],
  depConstraints,
};
