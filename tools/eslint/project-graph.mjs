import { createProjectGraphAsync } from '@nx/devkit';

/** Computes the workspace's project graph and leaves it where `@nx/enforce-module-boundaries` looks for it. */
export async function loadProjectGraph() {
  // No background process, and no ANSI progress among the lint results.
  process.env.NX_DAEMON = 'false';
  process.env.NX_TUI = 'false';
  const graph = await createProjectGraphAsync({ exitOnError: false, resetDaemonClient: false });
  if (Object.keys(graph.nodes).length === 0) throw new Error('Nx found no projects in this workspace');
  return graph;
}
