import { parseArgs } from 'node:util';

const word = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { by: word, reason: word, url: word, lift: flag, json: flag, help: flag };

export interface RemovalArguments {
  /** The file or the ESIID. */
  readonly target: string;
  readonly body: { readonly requested_by: string; readonly reason: string };
  readonly url: string | undefined;
  readonly lift: boolean;
  readonly json: boolean;
}

/** The arguments of a command that takes data back; ends the process after --help, and with 2 if they are wrong. */
export function readRemovalArguments(usage: string, help: string): RemovalArguments {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      console.log(`${usage}\n\n${help}`);
      process.exit(0);
    }
    const [target] = positionals;
    const { by, reason, url, lift = false, json = false } = values;
    if (target === undefined || positionals.length > 1 || !by || !reason) {
      throw new Error('What to take back, --by and --reason are needed.');
    }
    return { target, body: { requested_by: by, reason }, url, lift, json };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

/** Runs a command: 1 and the message of its error if it fails. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
