import { FileError } from '../../archive/file-error.ts';
import { esiidPattern, parseEsiid } from '../../intervals/esiid.ts';
import { howToGiveEsiid } from '../how-to-give-esiid.ts';
import type { MemberReading } from '../member-reading.ts';
import { JsonNumber, type JsonObject } from './json-object.ts';

/** Maximum number of objects held for an ESIID that may follow them. */
const maxWaiting = 5000;
/** The same of their texts, in characters: an object may have four million. */
const maxWaitingLength = 16 * 1024 ** 2;

/**
 * Finds the ESIID of objects that hold readings: their own, that of the enclosing object wherever it is in it, or the
 * hint if the file has none.
 */
export class EsiidOfObjects {
  private readonly reading: MemberReading;
  private readonly read: (object: JsonObject, esiid: string | null) => void;
  private waiting: JsonObject[] = [];
  private waitingLength = 0;
  private isHintUsed = false;
  private isNamed = false;
  /** Open objects some of whose readings were assigned to the hint. */
  private readonly hinted = new Set<JsonObject>();

  /** @param read called once with each object; with null if its value is not an ESIID */
  constructor(reading: MemberReading, read: (object: JsonObject, esiid: string | null) => void) {
    this.reading = reading;
    this.read = read;
  }

  /** Whether every object named its ESIID. */
  get areAllNamed(): boolean {
    return !this.isHintUsed;
  }

  /** Handles an object that holds readings. @throws FileError `esiid-unknown` */
  take(object: JsonObject): void {
    const own = namedEsiid(object);
    const named = own === undefined && object.parent ? namedEsiid(object.parent) : own;
    if (named === undefined) {
      this.waiting.push(object);
      this.waitingLength += object.length;
      const isTooMuch = this.waiting.length >= maxWaiting || this.waitingLength >= maxWaitingLength;
      if (isTooMuch) this.readWithHint(this.takeWaiting(0));
      return;
    }
    this.isNamed = true;
    this.read(object, named);
  }

  /** Handles the end of an object that encloses readings. @throws FileError `esiid-unknown` */
  end(object: JsonObject): void {
    const named = namedEsiid(object);
    if (this.hinted.delete(object) && named !== undefined) throw mixed();
    if (named === undefined && object.parent) return;
    // The objects within it are the last ones, since it was the innermost open object.
    const before = this.waiting.findLastIndex((waiting) => !isWithin(waiting, object));
    const due = this.takeWaiting(before + 1);
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
    this.readWithHint(this.takeWaiting(0));
    if (this.isHintUsed && this.isNamed) throw mixed();
  }

  private takeWaiting(from: number): JsonObject[] {
    const taken = this.waiting.splice(from);
    for (const { length } of taken) this.waitingLength -= length;
    return taken;
  }

  private readWithHint(objects: readonly JsonObject[]): void {
    const { esiidHint, source } = this.reading.options;
    for (const object of objects) {
      if (!esiidHint || !esiidPattern.test(esiidHint)) throw unknown(source);
      this.isHintUsed = true;
      for (let at = object.parent; at; at = at.parent) this.hinted.add(at);
      this.read(object, esiidHint);
    }
  }
}

/**
 * The ESIID in an object's own field.
 * @returns undefined if it has no such field; null if the value is not an ESIID. A number is accepted only if it cannot have
 *   lost digits in floating point, which keeps 15 or 16 of them
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

function unknown(source: string | undefined): FileError {
  return new FileError('esiid-unknown', `The JSON names no ESIID. ${howToGiveEsiid(source)}`);
}

function mixed(): FileError {
  return new FileError(
    'esiid-unknown',
    'Some readings of the file have an ESIID and others do not, so that it is not known whose those are. Send them in ' +
      'files of their own.',
  );
}
