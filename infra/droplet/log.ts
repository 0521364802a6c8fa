type Level = 'info' | 'warning' | 'error';
type Fields = Readonly<Record<string, unknown>>;

/** Syslog priorities; journald takes them from a line's prefix. */
const priorities: Readonly<Record<Level, number>> = { info: 6, warning: 4, error: 3 };

export interface Log {
  info(event: string, fields?: Fields): void;
  warning(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

export interface LogTarget {
  readonly write: (text: string) => void;
  /** `json`: one object per line; `journal`: the same with a priority, which journald removes; `text`: for people. */
  readonly format: 'json' | 'journal' | 'text';
}

/** A log with one line per event. Only fields named by the caller are written, so no secret gets in by accident. */
export function createLog({ write, format }: LogTarget): Log {
  const at = (level: Level) => {
    return (event: string, fields: Fields = {}): void => {
      const line =
        format === 'text'
          ? asText(level, event, fields)
          : JSON.stringify({ time: new Date().toISOString(), level, event, ...fields });
      write(`${format === 'journal' ? `<${priorities[level]}>` : ''}${printable(line)}\n`);
    };
  };
  return { info: at('info'), warning: at('warning'), error: at('error') };
}

/**
 * Escapes what a terminal obeys instead of showing: control characters, and the invisible ones that reorder text or
 * break lines. The names of remote files are in the log, and anybody may have chosen them. JSON reads the escapes.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}${lowSurrogate(character)}`,
  );
}

function lowSurrogate(character: string): string {
  return character.length > 1 ? `\\u${character.charCodeAt(1).toString(16)}` : '';
}

function asText(level: Level, event: string, fields: Fields): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [level === 'info' ? '' : `${level}:`, event, ...shown].filter((part) => part !== '').join(' ');
}

/** The log of this process: readable on a terminal, JSON lines otherwise. */
export function processLog(onTerminal: (text: string) => void): Log {
  const { stdout, env } = process;
  if (stdout.isTTY) return createLog({ write: onTerminal, format: 'text' });
  const format = env.JOURNAL_STREAM ? 'journal' : 'json';
  return createLog({ write: (text) => stdout.write(text), format });
}
