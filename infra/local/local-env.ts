import { npmCommand, parseArguments } from './command-line.ts';
import { findRunningStack } from './lock.ts';
import { shellEnvironment } from './operator-access.ts';
import { stateDirOf } from './settings.ts';

const program = npmCommand(
  'local-env',
  `Prints shell text with which the runbook's commands work on the stack that npm start runs:

    eval "$(npm run -s local-env)"

It sets the AWS CLI's endpoints and credentials, API, BUCKET and ADMIN_TOKEN, and defines output and sql. A service that has
no local endpoint fails at once and never reaches AWS.`,
);
parseArguments(program);

const running = await findRunningStack(stateDirOf(process.env));
if (running) {
  process.stdout.write(shellEnvironment(running));
} else {
  console.error('No local stack is running. Start it with npm start.');
  process.exitCode = 1;
}
