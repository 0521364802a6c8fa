import { Tokenizer, TokenizerError, TokenType } from '@streamparser/json';
import { FileError } from '../../archive/file-error.ts';
import { JsonNumber, type JsonObject, type JsonValue, nested, OpenObject } from './json-object.ts';

/** Maximum nesting depth of objects and arrays. */
const maxDepth = 32;
/** Maximum number of fields of one object. */
const maxFields = 500;
/** Maximum length of a string or number, and of white space between tokens. */
const maxTokenBytes = 1024 * 1024;
/** Maximum length of all fields of the objects that are open. */
const maxOpenLength = 4 * 1024 * 1024;

/** An open array or object. */
interface Frame {
  /** The object that is open; null for an array. */
  readonly object: OpenObject | null;
  /** The innermost object that encloses an array; null at the top. */
  readonly owner: OpenObject | null;
  /** Name of the field of an array's elements, lower case. */
  readonly list: string | null;
}

/** What the grammar allows next, by how messages name it. */
const allowed = {
  value: ['value'],
  'value or ]': ['value', ']'],
  name: ['name'],
  'name or }': ['name', '}'],
  ':': [':'],
  ', or }': [',', '}'],
  ', or ]': [',', ']'],
} satisfies Readonly<Record<string, readonly string[]>>;
type Expected = keyof typeof allowed;

/** A tokenizer that keeps numbers as the file writes them: a floating-point value has lost the digits. */
class TextTokenizer extends Tokenizer {
  protected override parseNumber(text: string): number {
    // The library passes this value through, but its type is a number.
    return text as unknown as number;
  }
}

/**
 * Reads consecutive JSON texts (a single one, or one per line) and emits each object when it ends, inner ones
 * first. Only the fields of objects still open are in memory, and their number, depth and length are bounded.
 */
export class JsonReader {
  private readonly onObject: (object: JsonObject) => void;
  private readonly tokenizer = new TextTokenizer();
  private readonly frames: Frame[] = [];
  private expected: Expected = 'value';
  private fieldName = '';
  private openLength = 0;
  private isTokenSeen = false;
  private bytesSinceToken = 0;
  private chunk: Buffer = Buffer.alloc(0);
  private chunkStart = 0;
  /** State of the token being read. */
  private offset = 0;
  private linesCounted = 0;
  private countedTo = 0;

  /** @param onObject called with every object of the file when it ends */
  constructor(onObject: (object: JsonObject) => void) {
    this.onObject = onObject;
    this.tokenizer.onToken = ({ token, value, offset }) => {
      this.isTokenSeen = true;
      this.offset = offset;
      this.take(token, value);
    };
  }

  /**
   * Reads more of the file.
   * @param chunk UTF-8
   * @throws FileError `invalid-json`
   */
  write(chunk: Buffer): void {
    this.chunk = chunk;
    this.isTokenSeen = false;
    this.guard(() => this.tokenizer.write(chunk));
    this.countLines(chunk.length);
    this.chunkStart += chunk.length;
    this.countedTo = 0;
    this.bytesSinceToken = this.isTokenSeen ? 0 : this.bytesSinceToken + chunk.length;
    if (this.bytesSinceToken > maxTokenBytes)
      throw this.invalid('a text or white space of more than a megabyte, which no meter file has');
  }

  /** Ends the file. @throws FileError `truncated-json` if it is incomplete, `invalid-json` */
  end(): void {
    try {
      this.tokenizer.end();
    } catch (error) {
      throw truncated(error);
    }
    if (this.frames.length > 0 || this.expected !== 'value') throw truncated();
  }

  private guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof TokenizerError) throw this.invalid(error.message, error);
      if (isEncodingError(error)) throw this.invalid('bytes that are not UTF-8', error);
      throw error;
    }
  }

  private take(token: TokenType, value: unknown): void {
    switch (token) {
      case TokenType.STRING:
        if (this.expected === 'name' || this.expected === 'name or }') this.takeName(String(value));
        else this.takeValue(String(value));
        break;
      case TokenType.NUMBER:
        this.takeValue(new JsonNumber(String(value)));
        break;
      case TokenType.TRUE:
      case TokenType.FALSE:
        this.takeValue(token === TokenType.TRUE);
        break;
      case TokenType.NULL:
        this.takeValue(null);
        break;
      case TokenType.LEFT_BRACE:
      case TokenType.LEFT_BRACKET:
        this.open(token === TokenType.LEFT_BRACE);
        break;
      case TokenType.RIGHT_BRACE:
      case TokenType.RIGHT_BRACKET:
        this.close(token === TokenType.RIGHT_BRACE ? '}' : ']');
        break;
      case TokenType.COLON:
        this.mustExpect(':');
        this.expected = 'value';
        break;
      case TokenType.COMMA:
        this.mustExpect(',');
        this.expected = this.expected === ', or }' ? 'name' : 'value';
        break;
      case TokenType.SEPARATOR: // none is configured
        break;
    }
  }

  private takeName(name: string): void {
    this.fieldName = name.toLowerCase();
    this.expected = ':';
  }

  private mustExpect(found: string): void {
    const expected: readonly string[] = allowed[this.expected];
    if (!expected.includes(found)) throw this.invalid(`"${found}" found instead of ${this.expected}`);
  }

  private takeValue(value: JsonValue): void {
    this.mustExpect('value');
    const frame = this.frames.at(-1);
    if (!frame) throw this.invalid('a single value, not an object or a list of objects');
    if (frame.object) this.setField(frame.object, value);
    this.expected = frame.object ? ', or }' : ', or ]';
  }

  private setField(object: OpenObject, value: JsonValue): void {
    if (object.fields.has(this.fieldName))
      throw this.invalid(`the field "${this.fieldName.slice(0, 100)}" occurs twice in one object`);
    if (object.fields.size >= maxFields) throw this.invalid(`an object of more than ${maxFields} fields`);
    object.fields.set(this.fieldName, value);
    const length = this.fieldName.length + (typeof value === 'string' ? value.length : 16);
    object.length += length;
    this.openLength += length;
    if (this.openLength > maxOpenLength) throw this.invalid('an object of more than four megabytes');
  }

  private open(isObject: boolean): void {
    this.mustExpect('value');
    if (this.frames.length >= maxDepth)
      throw this.invalid(`more than ${maxDepth} objects within one another`);
    const outer = this.frames.at(-1);
    if (outer?.object) this.setField(outer.object, nested);
    const list = outer?.object ? this.fieldName : (outer?.list ?? null);
    const owner = outer?.object ?? outer?.owner ?? null;
    this.frames.push({
      object: isObject ? new OpenObject(list, owner, this.line()) : null,
      owner,
      list,
    });
    this.expected = isObject ? 'name or }' : 'value or ]';
  }

  private close(bracket: '}' | ']'): void {
    this.mustExpect(bracket);
    const frame = this.frames.pop();
    const outer = this.frames.at(-1);
    this.expected = !outer ? 'value' : outer.object ? ', or }' : ', or ]';
    if (!frame?.object) return;
    this.openLength -= frame.object.length;
    this.onObject(frame.object);
  }

  /** The 1-based line of the token being read. */
  private line(): number {
    this.countLines(this.offset - this.chunkStart);
    return this.linesCounted + 1;
  }

  private countLines(to: number): void {
    for (;;) {
      const at = this.chunk.indexOf(0x0a, this.countedTo);
      if (at < 0 || at >= to) return;
      this.linesCounted++;
      this.countedTo = at + 1;
    }
  }

  private invalid(what: string, cause?: Error): FileError {
    return new FileError(
      'invalid-json',
      `The file is not valid JSON: ${what} (line ${this.line()}). None of it is loaded. Download it again.`,
      cause ? { cause } : undefined,
    );
  }
}

function isEncodingError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

function truncated(cause?: unknown): FileError {
  return new FileError(
    'truncated-json',
    'The JSON is truncated. None of it is loaded. Download it again.',
    cause ? { cause } : undefined,
  );
}
