import { FileError } from '../../archive/file-error.ts';
import { esiidPattern, parseEsiid } from '../../intervals/esiid.ts';
import type { MemberReading } from '../member-reading.ts';
import { JsonNumber, type JsonObject } from './json-object.ts';

/** Maximum number of objects that wait for an ESIID, in case it stands after them. */
const maxWaiting = 5000;

/**
 * Finds the ESIID of objects that hold readings: their own, that of the object around them wherever it stands in it, or the
 * hint if the file names none.
 */
export class EsiidOfObjects {
  private readonly reading: MemberReading;
  private readonly read: (object: JsonObject, esiid: string | null) => void;
  private waiting: JsonObject[] = [];
  private isHintUsed = false;
  private isNamed = false;
  /** Objects still open some of whose readings were taken for the hint's. */
  private readonly hinted = new Set<JsonObject>();

  /** @param read called once with each object; with null if what it names is no ESIID */
  constructor(reading: MemberReading, read: (object: JsonObject, esiid: string | null) => void) {
    this.reading = reading;
    this.read = read;
  }

  /** Whether every object named its ESIID. */
  get areAllNamed(): boolean {
    return !this.isHintUsed;
  }

  /** Takes an object that holds readings. @throws FileError `esiid-unknown` */
  take(object: JsonObject): void {
    const own = namedEsiid(object);
    const named = own === undefined && object.parent ? namedEsiid(object.parent) : own;
    if (named === undefined) {
      this.waiting.push(object);
      if (this.waiting.length >= maxWaiting) this.readWithHint(this.waiting.splice(0));
      return;
    }
    this.isNamed = true;
    this.read(object, named);
  }

  /** Takes note that an object around those that hold readings ended. @throws FileError `esiid-unknown` */
  end(object: JsonObject): void {
    const named = namedEsiid(object);
    if (this.hinted.delete(object) && named !== undefined) throw mixed();
    if (named === undefined && object.parent) return;
    // Those within it are the last ones, since it is the innermost object that was open.
    const before = this.waiting.findLastIndex((waiting) => !isWithin(waiting, object));
    const due = this.waiting.splice(before + 1);
    if (due.length === 0) return;
    if (named === undefined) {
      this.readWithHint(due);
      return;
    }
    this.isNamed = true;
    for (const waiting of due) this.read(waiting, named);
  }

  /** Ends the file. @throws FileError `esiid-unknown` */
  finish(): void {
    this.readWithHint(this.waiting.splice(0));
    if (this.isHintUsed && this.isNamed) throw mixed();
  }

  private readWithHint(objects: readonly JsonObject[]): void {
    const { esiidHint } = this.reading.options;
    for (const object of objects) {
      if (!esiidHint || !esiidPattern.test(esiidHint)) throw unknown();
      this.isHintUsed = true;
      for (let at = object.parent; at; at = at.parent) this.hinted.add(at);
      this.read(object, esiidHint);
    }
  }
}

/**
 * The ESIID that an object names in a field of its own.
 * @returns undefined if it has no such field; null if what it says is no ESIID. A number is one only if it cannot have been
 *   through floating point, which keeps 15 or 16 of its digits
 */
function namedEsiid(object: JsonObject): string | null | undefined {
  const value = object.fields.get('esiid');
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return parseEsiid(value);
  if (!(value instanceof JsonNumber) || !esiidPattern.test(value.text)) return null;
  return BigInt(Number(value.text)) === BigInt(value.text) ? null : value.text;
}

function isWithin(object: JsonObject, outer: JsonObject): boolean {
  for (let at = object.parent; at; at = at.parent) if (at === outer) return true;
  return false;
}

function unknown(): FileError {
  return new FileError(
    'esiid-unknown',
    'The JSON names no ESIID. Give it: upload the file again with "esiid" in the request, or copy the object to a key ' +
      'with a segment esiid=<ESIID>/ in it.',
  );
}

function mixed(): FileError {
  return new FileError(
    'esiid-unknown',
    'Some readings of the file have an ESIID and others do not, so that it is not known whose those are. Send them in ' +
      'files of their own.',
  );
}
