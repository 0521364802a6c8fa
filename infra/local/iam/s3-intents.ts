import type { S3Request } from '../s3/request.ts';
import type { Intent } from './service-gate.ts';

const ofBucket: Readonly<Record<string, string>> = {
  GetBucketLocation: 's3:GetBucketLocation',
  GetBucketVersioning: 's3:GetBucketVersioning',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListObjectVersions: 's3:ListBucketVersions',
  ListObjectsV2: 's3:ListBucket',
  ListObjects: 's3:ListBucket',
  HeadBucket: 's3:ListBucket',
  CreateBucket: 's3:CreateBucket',
};

/** The action on an object, and on one of its versions where that is another. */
const ofObject: Readonly<Record<string, readonly [string, string?]>> = {
  GetObject: ['s3:GetObject', 's3:GetObjectVersion'],
  HeadObject: ['s3:GetObject', 's3:GetObjectVersion'],
  GetObjectTagging: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  DeleteObject: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  PutObject: ['s3:PutObject'],
  CopyObject: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  ListParts: ['s3:ListMultipartUploadParts'],
};

/** Everything that a request needs to be allowed; the actions are those that AWS documents for each operation. */
export function s3Intents(operation: string, { bucket, key, query, headers }: S3Request): readonly Intent[] {
  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  const bucketArn = `arn:aws:s3:::${bucket}`;
  if (operation === 'DeleteObjects') return []; // authorized for each key once the body is read
  const bucketAction = ofBucket[operation];
  if (bucketAction !== undefined) return [{ action: bucketAction, resource: bucketArn }];
  const [action, versionAction] = ofObject[operation] ?? [];
  if (action === undefined) throw new Error(`no action is known for ${operation}`);
  const isVersion = query.has('versionId') && versionAction !== undefined;
  const intent = { action: isVersion ? versionAction : action, resource: `${bucketArn}/${key}` };
  const source = headers.get('x-amz-copy-source');
  return source === undefined ? [intent] : [intent, copyIntent(source)];
}

function copyIntent(source: string): Intent {
  const [path = '', query = ''] = source.replace(/^\//, '').split('?', 2);
  const action = query.startsWith('versionId=') ? 's3:GetObjectVersion' : 's3:GetObject';
  return { action, resource: `arn:aws:s3:::${decodeURIComponent(path)}` };
}

/**
 * The rights needed to learn that an object does not exist; S3 responds 403 to everybody else. For a version, AWS does not
 * document which of the two rights counts, so here both do.
 */
export function existenceIntents({ bucket, query }: S3Request): readonly Intent[] {
  const resource = `arn:aws:s3:::${bucket}`;
  const list = { action: 's3:ListBucket', resource };
  return query.has('versionId') ? [list, { action: 's3:ListBucketVersions', resource }] : [list];
}
