import { S3Client } from '@aws-sdk/client-s3';
import { sql } from 'kysely';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { expectedByEnvironment } from '../../shared/status/expected-by-environment.ts';
import { getRawFileDetail } from './detail.ts';
import { getDownload } from './download.ts';
import { listRawFiles } from './list.ts';
import { rawFileRoutes } from './routes.ts';
import { getStatus } from './status.ts';

const s3 = new S3Client();

/** What operators ask about raw files: which there are, what happened to one, and the original. */
export const handler = serveRoutes(rawFileRoutes, {
  getDeepHealth: async () => {
    await sql`select`.execute((await functionDatabase()).kysely);
    return { status: 200, body: { ok: true, database: 'available' } };
  },
  getStatus: async ({ query }) => {
    const { rawBucket: bucket } = requireEnvironment('rawBucket');
    const expected = expectedByEnvironment();
    return getStatus({ database: await functionDatabase(), s3, bucket, expected }, query);
  },
  listRawFiles: async ({ query }) => listRawFiles(await functionDatabase(), query),
  getRawFile: async ({ pathParameters }) => getRawFileDetail(await functionDatabase(), pathParameters.id),
  getRawFileDownload: async ({ pathParameters }) =>
    getDownload(await functionDatabase(), s3, pathParameters.id),
});
