import { S3Client } from '@aws-sdk/client-s3';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { getRawFileDetail } from './detail.ts';
import { getDownload } from './download.ts';
import { listRawFiles } from './list.ts';
import { rawFileRoutes } from './routes.ts';

const s3 = new S3Client();

/** What operators ask about raw files: which there are, what happened to one, and the original. */
export const handler = serveRoutes(rawFileRoutes, {
  listRawFiles: async ({ query }) => listRawFiles(await functionDatabase(), query),
  getRawFile: async ({ pathParameters }) => getRawFileDetail(await functionDatabase(), pathParameters.id),
  getRawFileDownload: async ({ pathParameters }) =>
    getDownload(await functionDatabase(), s3, pathParameters.id),
});
