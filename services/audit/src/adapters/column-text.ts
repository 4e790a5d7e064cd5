/** PostgreSQL's text has no NUL; the record itself keeps it, escaped. The same for a column and for what is looked up. */
export const columnText = (text: string): string => text.replaceAll('\u0000', '\ufffd');
