import { S3Client } from '@aws-sdk/client-s3';
import { bucketOrigin } from '../../shared/aws/bucket-origin.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { apiRoute } from '../../shared/http/api-route.ts';
import { assetResponse } from './assets.ts';
import { pageResponse } from './page.ts';

const s3 = new S3Client();

/** The pages: HTML without data, and the assets it loads. The browser sends the token with its API requests. */
export const handler = apiRoute(async (event) => {
  const { rawBucket } = requireEnvironment('rawBucket');
  const uploadOrigin = await bucketOrigin(s3, rawBucket);
  switch (event.routeKey) {
    case 'GET /assets/{name}':
      return assetResponse(event.pathParameters?.name ?? '');
    case 'GET /admin/smt':
      return pageResponse('overview', uploadOrigin);
    case 'GET /admin/smt/raw':
      return pageResponse('raw-files', uploadOrigin);
    case 'GET /admin/smt/raw/{id}':
      return pageResponse('raw-file', uploadOrigin);
    case 'GET /usage':
      return pageResponse('usage', uploadOrigin);
    case 'GET /api':
      return pageResponse('api', uploadOrigin);
    default:
      return { status: 302, headers: { location: '/admin/smt/raw' }, body: '' };
  }
});
