import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/**
 * Origin of a bucket's presigned URLs, for the Content-Security-Policy. Taken from a presigned URL, so that it is right for
 * dual-stack and local endpoints too; signing sends no request.
 */
export async function bucketOrigin(s3: S3Client, bucket: string): Promise<string> {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'any' }), { expiresIn: 1 });
  return new URL(url).origin;
}
