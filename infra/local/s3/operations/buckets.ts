import { bucketOf, type Call, type Reply, xmlReply } from '../call.ts';
import { accessDenied, S3Error } from '../errors.ts';
import { xmlDocument } from '../xml.ts';

/** ListBuckets. */
export function listBuckets({ store }: Call): Reply {
  const Bucket = [...store.buckets.values()].map(({ name, createdMs }) => ({
    Name: name,
    CreationDate: new Date(createdMs).toISOString(),
  }));
  return xmlReply(xmlDocument('ListAllMyBucketsResult', { Owner: { ID: 'LOCAL' }, Buckets: { Bucket } }));
}

/** HeadBucket. */
export function headBucket(call: Call): Reply {
  bucketOf(call);
  return { status: 200, headers: { 'x-amz-bucket-region': call.region } };
}

/** CreateBucket: never creates one (the template does), but reports an existing one to clients that try first. */
export function createBucket(call: Call): Reply {
  if (!call.store.buckets.has(call.request.bucket ?? '')) throw accessDenied();
  const message = 'Your previous request to create the named bucket succeeded and you already own it.';
  throw new S3Error(409, 'BucketAlreadyOwnedByYou', message, { BucketName: call.request.bucket ?? '' });
}

/** GetBucketLocation; us-east-1 is an empty element. */
export function getBucketLocation(call: Call): Reply {
  bucketOf(call);
  return xmlReply(xmlDocument('LocationConstraint', call.region === 'us-east-1' ? '' : call.region));
}

/** GetBucketVersioning: always on. */
export function getBucketVersioning(call: Call): Reply {
  bucketOf(call);
  return xmlReply(xmlDocument('VersioningConfiguration', { Status: 'Enabled' }));
}
