/// <reference lib="es2024.string" />

/** Whether the text has no lone surrogate, so that its UTF-8 is its own and nobody else's. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}
