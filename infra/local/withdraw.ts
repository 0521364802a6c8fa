import { findAdminApi, postTo } from './admin-api.ts';
import { readRemovalArguments, runCommand } from './removal-command.ts';
import { count } from './report.ts';

const usage = 'usage: npm run withdraw -- ID --by NAME --reason TEXT [--url URL] [--json]';
const help = `Withdraws a raw file that was wrong: the data becomes what it would be had the file never come.

  --by NAME      who asks for it; kept for good
  --reason TEXT  why; kept for good
  --url URL      the API to call, with the token in ADMIN_TOKEN (default: the stack that npm start runs)
  --json         the API's response as it is

npm run replay -- --id ID undoes it.`;

interface Withdrawn {
  readonly previous_status: string;
  readonly rows_removed: number;
  readonly rows_kept: number;
  readonly heir_id: string | null;
}

await runCommand(async () => {
  const { target, body, url, json } = readRemovalArguments(usage, help);
  const path = `/api/admin/smt/raw-files/${encodeURIComponent(target)}/withdraw`;
  const result = await postTo<Withdrawn>(await findAdminApi(url), path, body);
  if (json) console.log(JSON.stringify(result));
  else if (result.previous_status === 'withdrawn') console.log(`File ${target} was withdrawn before.`);
  else {
    const heir = result.heir_id === null ? '' : ` Its duplicate, file ${result.heir_id}, takes its place.`;
    console.log(
      `File ${target} is withdrawn: ${count(result.rows_removed)} rows removed, ${count(result.rows_kept)} kept, since ` +
        `other files hold them.${heir}`,
    );
  }
});
