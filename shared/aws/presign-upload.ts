import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const lifetimeSeconds = 15 * 60;

export interface UploadToPresign {
  readonly bucket: string;
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly contentType: string;
}

export interface PresignedUpload {
  readonly method: 'PUT';
  readonly url: string;
  /** Headers that the client has to send unchanged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

/**
 * Signs one upload: these bytes (length and SHA-256), this type, this key, and only while no object has it. Checksum
 * and type are enforced only if they are signed as headers; by default the presigner moves the checksum to the query, where
 * S3 ignores it, and omits the type.
 * @param s3 a client with requestChecksumCalculation WHEN_REQUIRED, or the URL carries the checksum of an empty body
 */
export async function presignUpload(s3: S3Client, upload: UploadToPresign): Promise<PresignedUpload> {
  const checksum = Buffer.from(upload.sha256, 'hex').toString('base64');
  const command = new PutObjectCommand({
    Bucket: upload.bucket,
    Key: upload.objectKey,
    ContentLength: upload.sizeBytes,
    ContentType: upload.contentType,
    ChecksumSHA256: checksum,
    IfNoneMatch: '*',
  });
  const signedAt = new Date();
  const url = await getSignedUrl(s3, command, {
    expiresIn: lifetimeSeconds,
    signingDate: signedAt,
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    signableHeaders: new Set(['content-type']),
  });
  return {
    method: 'PUT',
    url,
    headers: {
      'content-type': upload.contentType,
      'content-length': String(upload.sizeBytes),
      'x-amz-checksum-sha256': checksum,
      'if-none-match': '*',
    },
    expiresAt: new Date(signedAt.getTime() + lifetimeSeconds * 1000),
  };
}
