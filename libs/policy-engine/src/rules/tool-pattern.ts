/**
 * What a pattern of a rule (`*` is any run of characters, also none) says of a tool's name. Compiled once and searched
 * by the engine's own string search: rules are expanded over all tools of an organisation at each revision.
 */
export function toolMatcher(pattern: string): (name: string) => boolean {
  const [prefix = '', ...parts] = pattern.split('*');
  const suffix = parts.pop();
  if (suffix === undefined) return (name) => name === pattern;
  return (name) => {
    const end = name.length - suffix.length;
    if (prefix.length > end || !name.startsWith(prefix) || !name.endsWith(suffix)) return false;
    let at = prefix.length;
    for (const part of parts) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
