import * as z from 'zod';
import { decodeNormalizeMessage } from '../raw-files/normalize-message.ts';
import type { NotifiedVersion } from '../raw-files/object-store.ts';
import { objectVersionsOf } from '../raw-files/object-versions.ts';
import type { Queue } from '../raw-files/queue-raw-files.ts';
import type { Database } from '../storage/database.ts';
import { listPendingFiles } from '../storage/raw-files/list-pending-files.ts';
import type { DeadLetter, DeadLetterQueue } from './ports.ts';

const maxReceives = 10;

export interface DeadLetterSweep {
  readonly normalizeDeadLetters: DeadLetterQueue;
  readonly registerFailures: DeadLetterQueue;
  readonly database: () => Promise<Database>;
  readonly register: (version: NotifiedVersion) => Promise<unknown>;
  readonly queue: Queue;
  /** A letter that stays for people to look at. */
  readonly onUnreadable: (body: string, error: unknown) => void;
}

/** @returns how many letters were sent on their way again, or taken away because their file has come to its end */
export async function sweepDeadLetters(sweep: DeadLetterSweep): Promise<number> {
  const redriven = await drain(sweep.normalizeDeadLetters, (letter) => redrive(letter, sweep), sweep);
  return redriven + (await drain(sweep.registerFailures, (letter) => registerAgain(letter, sweep), sweep));
}

async function drain(
  queue: DeadLetterQueue,
  handle: (letter: DeadLetter) => Promise<void>,
  sweep: DeadLetterSweep,
): Promise<number> {
  let handled = 0;
  for (let receives = 0; receives < maxReceives; receives++) {
    const letters = await queue.receive();
    if (letters.length === 0) break;
    for (const letter of letters) {
      try {
        await handle(letter);
        await letter.delete();
        handled++;
      } catch (error) {
        sweep.onUnreadable(letter.body, error);
      }
    }
  }
  return handled;
}

/** A file that still has to be normalized is queued again; of one that has ended, its row tells. */
async function redrive(letter: DeadLetter, sweep: DeadLetterSweep): Promise<void> {
  const { rawFileId } = decodeNormalizeMessage(letter.body);
  const open = await listPendingFiles(await sweep.database(), [rawFileId]);
  if (open.has(rawFileId)) await sweep.queue([rawFileId]);
}

/** What Lambda puts into a failure destination, as far as it matters here. */
const failedInvocation = z.object({ requestPayload: z.custom<Parameters<typeof objectVersionsOf>[0]>() });

async function registerAgain(letter: DeadLetter, sweep: DeadLetterSweep): Promise<void> {
  const { requestPayload } = failedInvocation.parse(JSON.parse(letter.body));
  for (const version of objectVersionsOf(requestPayload)) await sweep.register(version);
}
