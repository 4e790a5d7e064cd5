/** Which records there are. */
export interface RecordedView {
  /** Those of the ids that are a record of the organisation, as far as the projection has come. */
  present(org: string, recordIds: readonly string[]): Promise<Set<string>>;
}
