/** Steps of a JSON Pointer (RFC 6901): keys of objects, indices of arrays. */
export type Path = readonly (string | number)[];

export const pointer = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The pointer of what holds it; undefined for the whole. */
export function parentPointer(at: string): string | undefined {
  const end = at.lastIndexOf('/');
  return end < 0 ? undefined : at.slice(0, end);
}
