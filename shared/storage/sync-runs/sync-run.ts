/** A run of a sync, which delivers the files of a folder. */
export interface SyncRun {
  readonly source: string;
  /** What ended the run early; null if it came to its end. */
  readonly errorCode: string | null;
  /** Files in the folder; null if it could not be listed. */
  readonly filesListed: number | null;
  readonly filesDelivered: number;
  /** Of these, the ones whose bytes were stored already. */
  readonly filesDuplicate: number;
  /** Possibly still being written. */
  readonly filesWaiting: number;
  readonly filesFailed: number;
  /** Of the file that failed last. */
  readonly fileErrorCode: string | null;
  /** Of a file in the folder, by the clock of its server. */
  readonly newestModifiedAt: Date | null;
}
