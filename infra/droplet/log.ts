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
  /** `json`: an object a line; `journal`: the same with a priority that journald removes; `text`: for people. */
  readonly format: 'json' | 'journal' | 'text';
}

/** A log with one line an event. Fields are chosen where they are logged, so nothing secret gets here by accident. */
export function createLog({ write, format }: LogTarget): Log {
  const at = (level: Level) => {
    return (event: string, fields: Fields = {}): void => {
      const line =
        format === 'text'
          ? asText(level, event, fields)
          : JSON.stringify({ time: new Date().toISOString(), level, event, ...fields });
      write(`${format === 'journal' ? `<${priorities[level]}>` : ''}${line}\n`);
    };
  };
  return { info: at('info'), warning: at('warning'), error: at('error') };
}

function asText(level: Level, event: string, fields: Fields): string {
  const told = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [level === 'info' ? '' : `${level}:`, event, ...told].filter((part) => part !== '').join(' ');
}

/** Where this process's log goes: readable on a terminal, JSON lines otherwise. */
export function processLog(onTerminal: (text: string) => void): Log {
  const { stdout, env } = process;
  if (stdout.isTTY) return createLog({ write: onTerminal, format: 'text' });
  const format = env.JOURNAL_STREAM ? 'journal' : 'json';
  return createLog({ write: (text) => stdout.write(text), format });
}
