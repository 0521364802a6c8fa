/** The maximum that one S3 PUT accepts. Larger files can be uploaded in parts with the S3 console. */
export const maxSizeBytes = 5 * 1024 ** 3;
