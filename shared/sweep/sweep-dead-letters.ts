import * as z from 'zod';
import { ForeignBucketError } from '../raw-files/foreign-bucket-error.ts';
import { decodeNormalizeMessage } from '../raw-files/normalize-message.ts';
import type { NotifiedVersion } from '../raw-files/object-store.ts';
import type { Queue } from '../raw-files/queue-raw-files.ts';
import { registerEvent } from '../raw-files/register-event.ts';
import type { Database } from '../storage/database.ts';
import { listPendingFiles } from '../storage/raw-files/list-pending-files.ts';
import type { DeadLetter, DeadLetterQueue } from './ports.ts';

const maxReceives = 10;

export interface DeadLetterSweep {
  readonly bucketName: string;
  readonly normalizeDeadLetters: DeadLetterQueue;
  readonly registerFailures: DeadLetterQueue;
  readonly database: () => Promise<Database>;
  readonly register: (version: NotifiedVersion) => Promise<unknown>;
  readonly queue: Queue;
  /** False when the run has to leave the rest to the next one. */
  readonly hasTime: () => boolean;
  /** Called for a message that stays in the queue for an operator. */
  readonly onUnreadable: (body: string, error: unknown) => void;
}

/** @returns how many messages were redriven, or deleted because their file has a final status */
export function redriveMessages(sweep: DeadLetterSweep): Promise<number> {
  return drain(sweep.normalizeDeadLetters, (message) => redrive(message, sweep), sweep);
}

/** @returns how many S3 events that register failed for were registered now */
export function registerFailedEvents(sweep: DeadLetterSweep): Promise<number> {
  return drain(sweep.registerFailures, (message) => registerAgain(message, sweep), sweep);
}

async function drain(
  queue: DeadLetterQueue,
  handle: (message: DeadLetter) => Promise<void>,
  sweep: DeadLetterSweep,
): Promise<number> {
  let handled = 0;
  for (let receives = 0; receives < maxReceives && sweep.hasTime(); receives++) {
    const messages = await queue.receive();
    if (messages.length === 0) break;
    for (const message of messages) {
      if (!sweep.hasTime()) break;
      try {
        await handle(message);
        await message.delete();
        handled++;
      } catch (error) {
        sweep.onUnreadable(message.body, error);
      }
    }
  }
  return handled;
}

/** Requeues a file that still has to be normalized; for a finished one, its row has the outcome. */
async function redrive(message: DeadLetter, sweep: DeadLetterSweep): Promise<void> {
  const { rawFileId } = decodeNormalizeMessage(message.body);
  const [file] = await listPendingFiles(await sweep.database(), [rawFileId]);
  if (!file) return;
  if (file.bucket !== sweep.bucketName)
    throw new ForeignBucketError(`Raw file ${rawFileId}`, file.bucket, sweep.bucketName);
  await sweep.queue([rawFileId]);
}

/** The fields used here of what Lambda sends to a failure destination. */
const failedInvocation = z.object({ requestPayload: z.custom<Parameters<typeof registerEvent>[0]>() });

async function registerAgain(message: DeadLetter, sweep: DeadLetterSweep): Promise<void> {
  const { requestPayload } = failedInvocation.parse(JSON.parse(message.body));
  await registerEvent(requestPayload, sweep.bucketName, sweep.register);
}
