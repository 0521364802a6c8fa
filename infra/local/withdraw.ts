import { findAdminApi, postTo } from './admin-api.ts';
import { runCommand } from './command-line.ts';
import { readRemovalArguments, removalCommand } from './removal-command.ts';
import { count } from './report.ts';

const program = removalCommand(
  'withdraw',
  `Withdraws a raw file that was wrong: the data becomes what it would be without the file. npm run replay -- --id ID
undoes it.`,
  'id',
);

interface Withdrawn {
  readonly previous_status: string;
  readonly rows_removed: number;
  readonly rows_kept: number;
  readonly heir_id: string | null;
}

await runCommand(async () => {
  const { target, body, url, json } = readRemovalArguments(program);
  const path = `/api/admin/smt/raw-files/${encodeURIComponent(target)}/withdraw`;
  const result = await postTo<Withdrawn>(await findAdminApi(url), path, body);
  if (json) console.log(JSON.stringify(result));
  else if (result.previous_status === 'withdrawn') console.log(`File ${target} is already withdrawn.`);
  else {
    const heir = result.heir_id === null ? '' : ` Its duplicate, file ${result.heir_id}, takes its place.`;
    console.log(
      `File ${target} is withdrawn: ${count(result.rows_removed)} rows removed, ${count(result.rows_kept)} kept, since ` +
        `other files hold them.${heir}`,
    );
  }
});
