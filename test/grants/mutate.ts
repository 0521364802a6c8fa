import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { npmCommand, parseArguments } from '../../infra/local/command-line.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { type Grant, grantsOf, isNeeded } from './grants.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';

const templateFile = 'SmtIngest-dev.template.json';
const program = npmCommand(
  'test:grants',
  `Takes one action after the other out of the statements of the template, and runs the stack without it, until a call is denied or
something that a user or operator would see does not happen: the test of the grants fails on either. Exit status 1 if an action
is not missed.`,
).option('--only <text>', 'only the statements and actions whose name contains this', '');

interface Template {
  Resources: Record<string, { Type: string; Properties: { PolicyDocument?: { Statement: Statement[] } } }>;
}

interface Statement {
  Action: string | string[];
}

async function main(): Promise<number> {
  const { only } = parseArguments(program).options;
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-grants-'));
  try {
    const assemblyDir = await synthesize();
    const whole = await run(assemblyDir, path.join(dir, 'whole'));
    const failures = [...whole.missed, ...deniedOf(whole)];
    if (failures.length > 0) throw new Error(`with all grants: ${failures.join('; ')}`);
    const grants = grantsOf(whole.policies).filter(({ statement, action }) =>
      `${statement} ${action}`.includes(only),
    );
    let unmissed = 0;
    for (const [index, grant] of grants.entries()) {
      const name = `${grant.statement} ${grant.action}`;
      const mutant = path.join(dir, `mutant-${index}`);
      const without = path.join(mutant, 'cdk.out');
      await copyWithout(grant, assemblyDir, without);
      const [missed] = await run(without, path.join(mutant, 'state')).then(
        (result) => [...deniedOf(result), ...result.missed],
        (error: Error) => [error.message], // the stack does not even start
      );
      const use = isNeeded(grant, whole.accesses) ? '' : ' (and nothing needed it)';
      console.log(missed === undefined ? `NOT MISSED ${name}${use}` : `missed    ${name}: ${missed}`);
      if (missed === undefined) unmissed += 1;
      await rm(mutant, { recursive: true, force: true });
    }
    console.log(`${grants.length - unmissed} of ${grants.length} grants are missed when they are taken out`);
    return unmissed === 0 ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function run(assemblyDir: string, stateDir: string): Promise<ScenarioResult> {
  await mkdir(stateDir, { recursive: true });
  return runScenario({ assemblyDir, stateDir, patienceMs: 60_000, stopsAtFirst: true });
}

function deniedOf({ accesses }: ScenarioResult): string[] {
  return accesses
    .filter(({ decision }) => !decision.isAllowed)
    .map(({ principal, action, resource }) => `${principal} may not ${action} ${resource}`);
}

/** The same assembly, its code linked, but for one action of one statement. */
async function copyWithout({ statement, action }: Grant, from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from))
    if (name !== templateFile) await symlink(path.join(from, name), path.join(to, name));
  const template = JSON.parse(await readFile(path.join(from, templateFile), 'utf8')) as Template;
  const [, id = '', index] = /^(\w+)(?:\.\w+)?(?:\[(\d+)\])?$/.exec(statement) ?? [];
  const resource = template.Resources[id];
  if (!resource) throw new Error(`${statement} is not in the template`);
  const statements = resource.Properties.PolicyDocument?.Statement;
  if (index === undefined || statements === undefined) {
    delete template.Resources[id]; // a permission is one statement
  } else {
    const actions = [statements[Number(index)]?.Action ?? []].flat().filter((each) => each !== action);
    if (actions.length === 0) statements.splice(Number(index), 1);
    else (statements[Number(index)] as Statement).Action = actions;
  }
  await writeFile(path.join(to, templateFile), JSON.stringify(template));
}

process.exitCode = await main();
