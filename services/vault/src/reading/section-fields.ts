import { sealedSectionSchema, type ReadingPurpose, type SimulationSection } from '@portcullis/contracts';

/** The fields of a section that its purpose needs. User agent and salt have no purpose yet: they never leave the vault. */
const FIELDS: { readonly [P in ReadingPurpose]: (section: unknown) => SimulationSection | null } = {
  simulation: (section) => {
    const parsed = sealedSectionSchema.safeParse(section);
    if (!parsed.success) return null;
    const { ip = null, arguments: args = [] } = parsed.data;
    return { ip, arguments: args };
  },
};

/** Null where it is no section of a call. */
export function sectionFor(purpose: ReadingPurpose, json: string): SimulationSection | null {
  let section: unknown;
  try {
    section = JSON.parse(json);
  } catch {
    return null;
  }
  return FIELDS[purpose](section);
}
