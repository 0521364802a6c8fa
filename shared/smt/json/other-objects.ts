import { FileError } from '../../archive/file-error.ts';
import { type JsonObject, textOf } from './json-object.ts';

/** Names of energy fields: an unknown object with one of them must not be skipped. */
const energyField = /^(?:rd|consumption|generation)$|kwh/;
/** Names of fields that mark an error response. */
const errorField =
  /^(?:errors?|error_?code|error_?message|error_?description|fault|fault_?code|fault_?string|exception)$/;
/** Names of fields with the outcome of a request. */
const statusField = /^(?:message|detail|title|reason|status|status_?code|status_?reason|status_?message)$/;
/** Maximum number of objects that are remembered. */
const maxSayings = 5;

/** Classifies the objects of a JSON file without readings: error responses, or unknown objects. */
export class OtherObjects {
  private readonly names = new Set<string>();
  private readonly sayings: string[] = [];
  private isError = false;
  private unknownEnergy: string | null = null;

  /**
   * Records whether an object has an unknown field that may hold energy.
   * @param known the known fields of its form
   */
  checkEnergy(object: JsonObject, known: ReadonlySet<string>): void {
    if (this.unknownEnergy !== null) return;
    for (const name of object.fields.keys()) {
      if (known.has(name) || !energyField.test(name)) continue;
      this.unknownEnergy = `${object.list ?? 'the file'}: ${name.slice(0, 40)}`;
    }
  }

  /** Handles an object that is in none of the known lists. */
  take(object: JsonObject): void {
    for (const [name, value] of object.fields) {
      if (this.names.size < 20) this.names.add(name.slice(0, 40));
      const isErrorField = errorField.test(name) && value !== null && value !== false;
      if (isErrorField) this.isError = true;
      if (isErrorField || statusField.test(name)) this.remember(object, name);
    }
  }

  /**
   * Checks the objects at the end of the file.
   * @param isKnown whether the file has a list of readings
   * @throws FileError `error-response`, `unknown-json`
   */
  reject(isKnown: boolean): void {
    if (this.unknownEnergy && (isKnown || !this.isError)) {
      throw new FileError(
        'unknown-json',
        `The JSON has a field that may hold energy where no form known here has one (${this.unknownEnergy}). Nothing of ` +
          'it is loaded.',
      );
    }
    if (isKnown) return;
    const said = this.sayings.length > 0 ? ` Its message: ${this.sayings.join('; ')}.` : '';
    if (this.isError) {
      throw new FileError(
        'error-response',
        `The file is an error response, not readings.${said} Request the readings again.`,
      );
    }
    throw new FileError(
      'unknown-json',
      `The JSON has none of the lists that hold readings (energyData, intervaldata, registeredReads).${said} Its fields ` +
        `are ${[...this.names].join(', ') || 'none'}.`,
    );
  }

  private remember(object: JsonObject, name: string): void {
    const text = textOf(object, name)?.trim();
    if (text && this.sayings.length < maxSayings) this.sayings.push(`${name} "${text.slice(0, 200)}"`);
  }
}
