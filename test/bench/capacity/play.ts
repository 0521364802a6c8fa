import { assumed } from './figures.ts';
import { costOf, type Delivery } from './model.ts';

/** The limits of each stage. */
export interface Limits {
  readonly uploadsPerSecond: number;
  readonly registers: number;
  readonly normalizes: number;
  readonly acus: number;
}

export interface Course {
  /** Maximum number of files waiting at each stage. */
  readonly atDroplet: number;
  readonly unregistered: number;
  readonly inQueue: number;
  readonly queuePeakAtSeconds: number;
  /** When the last file is normalized, counted from the first one's arrival. */
  readonly drainedAtSeconds: number;
}

/**
 * Plays a delivery second by second. Files arrive evenly and wait for the API, for register, in the normalize queue; all
 * stages share the database's CPU, which slows them alike when they ask for more than there is.
 */
export function play(delivery: Delivery, limits: Limits): Course {
  const files = delivery.meters / delivery.metersPerFile;
  const cost = costOf(delivery);
  const databaseMsPerSecond = limits.acus * assumed.vcpusPerAcu * assumed.databaseUse * 1000;
  const waiting = { droplet: 0, register: 0, queue: 0 };
  const peak = { droplet: 0, register: 0, queue: 0, queueAtSeconds: 0 };
  let arrived = 0;
  let done = 0;
  let second = 0;
  for (; done < files - 0.5; second += 1) {
    const arriving = Math.min(files - arrived, files / delivery.seconds);
    arrived += arriving;
    waiting.droplet += arriving;
    const wanted = {
      uploads: Math.min(waiting.droplet, limits.uploadsPerSecond),
      registers: Math.min(waiting.register, (limits.registers / cost.registerMs) * 1000),
      normalizes: Math.min(waiting.queue, (limits.normalizes / cost.normalizeMs) * 1000),
    };
    // Of a file's work in Postgres, uploading and registering are a third.
    const asked =
      (((wanted.uploads + wanted.registers) / 2) * (1 / 3) + wanted.normalizes * (2 / 3)) *
      cost.postgresCpuMs;
    const share = Math.min(1, databaseMsPerSecond / Math.max(asked, 1e-9));
    waiting.droplet -= wanted.uploads * share;
    waiting.register += (wanted.uploads - wanted.registers) * share;
    waiting.queue += (wanted.registers - wanted.normalizes) * share;
    done += wanted.normalizes * share;
    peak.droplet = Math.max(peak.droplet, waiting.droplet);
    peak.register = Math.max(peak.register, waiting.register);
    if (waiting.queue > peak.queue) {
      peak.queue = waiting.queue;
      peak.queueAtSeconds = second;
    }
  }
  return {
    atDroplet: Math.round(peak.droplet),
    unregistered: Math.round(peak.register),
    inQueue: Math.round(peak.queue),
    queuePeakAtSeconds: peak.queueAtSeconds,
    drainedAtSeconds: second,
  };
}
