import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { temporaryDir } from '../support/local-assembly.ts';
import { descendantsOf, isRunning, type RunningCommand, runCommand } from '../support/local-command.ts';

const startTimeoutMs = 60_000;

async function untilUp(command: RunningCommand): Promise<string> {
  const up = expect.poll(() => command.stdout, { timeout: startTimeoutMs }).toContain('Runs until Ctrl-C');
  await Promise.race([up, command.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return command.stdout;
}

test('npm start loads a year of sample data and serves; killed or stopped, it leaves no process and loses nothing', async () => {
  const stateDir = await temporaryDir();
  const first = runCommand('start', { stateDir, args: ['--port', '0'] });

  const output = await untilUp(first);

  expect(output).toMatch(/uploaded +sample-IntervalData-2025\.csv/);
  expect(output).toMatch(/registered +as file 1\n/);
  expect(output).toMatch(
    /normalized +35,040 intervals \(35,040 new\), 0 rejected, 4 in the hour skipped in spring, [\d,]+ ms\n/,
  );
  const health = await fetch(`${/API +(\S+)/.exec(output)?.[1]}/health`);
  expect(health.status).toBe(200);

  const besides = await runCommand('start', { stateDir }).ended;
  expect(besides.code).toBe(1);
  expect(besides.stderr).toMatch(/^The local stack in .* is already running .*\n$/);

  const orphans = descendantsOf(first.pid);
  first.signal('SIGKILL');
  await first.ended;
  await expect.poll(() => orphans.filter(isRunning), { timeout: 20_000 }).toEqual([]);

  const next = runCommand('start', { stateDir, args: ['--port', '0'] });
  expect(await untilUp(next)).toMatch(/stored already +.* is file 1: 35,040 intervals\n/);

  const children = descendantsOf(next.pid);
  next.signal('SIGINT');
  expect(await next.ended).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/\nStopped\.\n$/),
  });
  expect(children.length).toBeGreaterThan(0);
  expect(children.filter(isRunning)).toEqual([]);
}, 180_000);

test('a taken port is reported in one line', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };

  const result = await runCommand('start', { stateDir: await temporaryDir(), args: ['--port', String(port)] })
    .ended;

  holder.close();
  expect(result).toMatchObject({
    code: 1,
    stderr: `Port ${port} is taken. Choose another: npm start -- --port N\n`,
  });
});

test.each([[['--prot', '1']], [['--port', '70000']]])(
  '%j is rejected, naming what is wrong',
  async (args) => {
    const result = await runCommand('start', { stateDir: '/nowhere', args }).ended;

    expect(result).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: .*--prot|^error: 70000 is not a port/),
    });
  },
);
