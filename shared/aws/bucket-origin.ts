import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/**
 * Where presigned URLs of a bucket lead, as a Content-Security-Policy names it. Taken from one, so that it is right for
 * dual-stack and local endpoints as well; signing asks nobody.
 */
export async function bucketOrigin(s3: S3Client, bucket: string): Promise<string> {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'any' }), { expiresIn: 1 });
  return new URL(url).origin;
}
