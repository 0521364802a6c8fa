/** A number as the file writes it. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Placeholder for an object or array, which is read separately. */
export const nested = Symbol('nested');

export type JsonValue = string | JsonNumber | boolean | null | typeof nested;

/** An object of a JSON file. Names of fields are lower case. */
export interface JsonObject {
  /** The field that it, or the array it is in, is the value of; null at the top. */
  readonly list: string | null;
  /** The object around it; null at the top. */
  readonly parent: JsonObject | null;
  /** The fields read so far: all of them once it ended. */
  readonly fields: ReadonlyMap<string, JsonValue>;
  /** Length of their names and texts. */
  readonly length: number;
  /** 1-based line of the decoded file on which it begins. */
  readonly line: number;
}

/** An object whose fields are still being read. */
export class OpenObject implements JsonObject {
  readonly fields = new Map<string, JsonValue>();
  readonly list: string | null;
  readonly parent: OpenObject | null;
  readonly line: number;
  length = 0;

  constructor(list: string | null, parent: OpenObject | null, line: number) {
    this.list = list;
    this.parent = parent;
    this.line = line;
  }
}

/** The text of a string or number; null if the field is missing, null, or anything else. */
export function textOf(object: JsonObject, field: string): string | null {
  const value = object.fields.get(field);
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' ? value : null;
}
