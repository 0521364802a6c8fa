import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const lifetimeSeconds = 60;

export interface FileToDownload {
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
  readonly filename: string;
}

/**
 * Signs one download, valid for a minute. The response is an attachment of a generic type: a browser must not render a file
 * that someone dropped as a page.
 */
export async function presignDownload(
  s3: S3Client,
  { bucket, objectKey, versionId, filename }: FileToDownload,
): Promise<{ readonly url: string; readonly expiresAt: Date }> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: objectKey,
    VersionId: versionId,
    ResponseContentType: 'application/octet-stream',
    ResponseContentDisposition: `attachment; filename*=UTF-8''${encodeFilename(filename)}`,
  });
  const signedAt = new Date();
  const url = await getSignedUrl(s3, command, { expiresIn: lifetimeSeconds, signingDate: signedAt });
  return { url, expiresAt: new Date(signedAt.getTime() + lifetimeSeconds * 1000) };
}

/** RFC 8187: percent-encoded UTF-8; encodeURIComponent leaves four characters that it does not allow. */
function encodeFilename(filename: string): string {
  return encodeURIComponent(filename.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
