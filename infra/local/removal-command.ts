import { npmCommand, parseArguments } from './command-line.ts';

/** A command that removes data. Who requested it, and why, are kept permanently. */
export function removalCommand(script: string, description: string, target: string) {
  return npmCommand(script, description)
    .argument(`<${target}>`)
    .requiredOption('--by <name>', 'who requests it; kept permanently')
    .requiredOption('--reason <text>', 'why; kept permanently')
    .option('--url <url>', 'the API, with its token in ADMIN_TOKEN (default: the stack that npm start runs)')
    .option('--json', "print the API's response as it is");
}

export interface RemovalArguments {
  /** The file or the ESIID. */
  readonly target: string;
  readonly body: { readonly requested_by: string; readonly reason: string };
  readonly url: string | undefined;
  readonly json: boolean;
}

/** The arguments of this process. Ends it after --help, and with 2 if they are wrong. */
export function readRemovalArguments(program: ReturnType<typeof removalCommand>): RemovalArguments {
  const { args, options } = parseArguments(program);
  const { by, reason, url, json = false } = options;
  return { target: args[0], body: { requested_by: by, reason }, url, json };
}
