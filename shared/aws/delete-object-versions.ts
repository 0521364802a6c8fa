import { DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';

interface Version {
  readonly objectKey: string;
  readonly versionId: string;
}

/**
 * Permanently deletes up to a thousand object versions.
 * @returns those that are deleted, now or before: S3 names only the ones it could not delete
 */
export async function deleteObjectVersions<V extends Version>(
  s3: S3Client,
  bucket: string,
  versions: readonly V[],
): Promise<readonly V[]> {
  const Objects = versions.map(({ objectKey, versionId }) => ({ Key: objectKey, VersionId: versionId }));
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
  );
  const failed = new Set(Errors.map(({ Key, VersionId }) => `${Key}\n${VersionId}`));
  return versions.filter(({ objectKey, versionId }) => !failed.has(`${objectKey}\n${versionId}`));
}
