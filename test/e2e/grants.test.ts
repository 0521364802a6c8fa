import { expect, onTestFinished, test } from 'vitest';
import { synthesize } from '../../infra/local/synthesize.ts';
import { grantsOf, isNeeded } from '../grants/grants.ts';
import { runScenario } from '../grants/scenario.ts';
import { createFreshDatabase } from '../support/database.ts';
import { temporaryDir } from '../support/local-assembly.ts';

test('The grants of the template suffice for everything that the functions do, and none is unused', async () => {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());

  const { missed, accesses, policies } = await runScenario({
    assemblyDir: await synthesize(),
    stateDir: await temporaryDir(),
    databaseUrl: fresh.connectionString,
  });

  expect(missed).toEqual([]);
  const denied = accesses.filter(({ decision }) => !decision.isAllowed);
  expect(denied.map(({ principal, action, resource }) => ({ principal, action, resource }))).toEqual([]);
  expect(grantsOf(policies).filter((grant) => !isNeeded(grant, accesses))).toEqual([]);
}, 600_000);
