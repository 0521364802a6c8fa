/** An event or a message is of another bucket than this stack's, whose objects it may not read. */
export class ForeignBucketError extends Error {
  readonly code = 'foreign-bucket';
  constructor(what: string, bucket: string, own: string) {
    super(
      `${what} is of the bucket ${bucket}, and this stack reads ${own} only. Find out who sends it, and stop that: a ` +
        "notification of another bucket, or another stack's message.",
    );
    this.name = 'ForeignBucketError';
  }
}
