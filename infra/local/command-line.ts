import {
  Command,
  type CommanderError,
  InvalidArgumentError,
  type OptionValues,
} from '@commander-js/extra-typings';

/** Exit status for arguments that cannot be used. */
export const usageExitCode = 2;

/**
 * A command of this repository, run by `npm run NAME -- …`. Give it its options, then {@link parseArguments}.
 * @param script the name in package.json; `start` and `test` need no `run`
 */
export function npmCommand(script: string, description: string) {
  return new Command(`npm ${script === 'start' ? '' : 'run '}${script} --`)
    .description(description)
    .helpOption('-h, --help', 'print this and exit')
    .showHelpAfterError('Add --help to see the options.')
    .exitOverride();
}

/**
 * Parses the arguments of this process. Prints help, or what is wrong with them, and exits: 0 after help, 2 otherwise.
 * @returns options and arguments, as the program declares them
 */
export function parseArguments<Args extends unknown[], Options extends OptionValues>(
  program: Command<Args, Options>,
): { readonly options: Options; readonly args: Args } {
  try {
    rejectSwallowedOptions(program, process.env);
    program.parse();
    return { options: program.opts() as Options, args: program.processedArgs };
  } catch (error) {
    process.exit((error as CommanderError).exitCode === 0 ? 0 : usageExitCode);
  }
}

/** Ends the command because of its arguments, naming what is wrong with them. */
export function rejectArguments<Args extends unknown[], Options extends OptionValues>(
  program: Command<Args, Options>,
  message: string,
): never {
  try {
    program.error(`error: ${message}`);
  } catch {
    process.exit(usageExitCode);
  }
}

/** Runs a command; an error ends it with its message, and exit status 1. @param main returns the exit status, if not 0 */
export async function runCommand(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Parses an option that is a number from 1 on. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

/**
 * npm consumes options before `--` and does not pass them to the script: `npm run replay --dry-run` would replay. They are in
 * the environment, though.
 */
function rejectSwallowedOptions<Args extends unknown[], Options extends OptionValues>(
  program: Command<Args, Options>,
  environment: NodeJS.ProcessEnv,
): void {
  if (!environment.npm_lifecycle_event) return;
  for (const { long } of program.options) {
    const name = long?.replace(/^--/, '') ?? '';
    const isSet = environment[`npm_config_${name.replaceAll('-', '_')}`] !== undefined;
    if (!isSet || process.argv.some((arg) => arg === long || arg.startsWith(`${long}=`))) continue;
    program.error(
      `error: npm took ${long} as an option of its own. Put -- before it: ${program.name()} ${long} …`,
    );
  }
}
