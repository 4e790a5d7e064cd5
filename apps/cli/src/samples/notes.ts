export interface Note {
  id: number;
  title: string;
  text: string;
}

/** Enough that nobody reaches it by hand, little enough that a loop can't fill the memory. */
const MAX_NOTES = 1_000;

/** Notes in memory: they are gone with the process. */
export class Notes {
  readonly #notes = new Map<number, Note>();
  #nextId = 1;

  list(): Pick<Note, 'id' | 'title'>[] {
    return [...this.#notes.values()].map(({ id, title }) => ({ id, title }));
  }

  read(id: number): Note | undefined {
    return this.#notes.get(id);
  }

  /** Undefined when there is no room for another one. */
  create(title: string, text: string): Note | undefined {
    if (this.#notes.size >= MAX_NOTES) return undefined;
    const note = { id: this.#nextId, title, text };
    this.#nextId += 1;
    this.#notes.set(note.id, note);
    return note;
  }

  /** Whether there was such a note. */
  delete(id: number): boolean {
    return this.#notes.delete(id);
  }
}
