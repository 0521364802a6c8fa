/** How long an event may be in flight: longer than S3's usual delay and register's three attempts with the delays between them. */
export const eventGraceMs = 10 * 60_000;
