import { type PlannedFile, planFiles } from './files.ts';
import { Random } from './random.ts';
import type { Step, StepAction, StepFault } from './steps.ts';

/** How a file gets into the bucket, when, and what is done to it afterwards. */
export interface PlannedUpload {
  readonly atMs: number;
  readonly file: PlannedFile;
  readonly by: 'presigned' | 'drop' | 'multipart-drop';
  /** Key of a drop. */
  readonly key: string;
  readonly afterwards: 'nothing' | 'delete-version' | 'delete-marker';
}

/** A fault injected at a time and not at a call. */
export interface TimedFault {
  readonly atMs: number;
  readonly kind:
    | 'worker-killed'
    | 'connections-cut'
    | 'postgres-restarted'
    | 'postgres-crashed'
    | 's3-unavailable'
    | 's3-slow'
    | 's3-cut'
    | 'lease-cut-short'
    | 'two-sweeps'
    | 'replay'
    | 'rows-locked'
    | 'object-expired'
    | 'withdraw';
  /** Between 0 and 1: selects which, how many or how long. */
  readonly chance: number;
}

/**
 * Delivery delays. No delays means lost: an event for good, a message until it is visible again.
 * A message that is `swallowed` is lost for good, as after a purge.
 */
export type Delivery = readonly number[] | 'swallowed';

export interface Plan {
  readonly seed: number;
  readonly uploads: readonly PlannedUpload[];
  readonly timedFaults: readonly TimedFault[];
  readonly stepFaults: readonly StepFault[];
  /** For events and messages in order of arrival; later ones are delivered unchanged. */
  readonly eventDeliveries: readonly Delivery[];
  readonly messageDeliveries: readonly Delivery[];
}

const uploadCount = 20;
/** Faults and uploads happen within this time. */
const faultWindowMs = 2_500;

const prefixes = ['', 'drops/', 'März 2026/', 'a b+c/', 'smt/日本 & co/', "it's/100%/"];

/** Everything a run does, derived from its seed alone. */
export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  const files = planFiles(random, uploadCount);
  return {
    seed,
    uploads: files.map((file) => planUpload(random, file)).sort((a, b) => a.atMs - b.atMs),
    timedFaults: random.list(random.int(4, 9), () => planTimedFault(random)).sort((a, b) => a.atMs - b.atMs),
    stepFaults: random.list(random.int(5, 10), () => planStepFault(random)),
    eventDeliveries: random.list(uploadCount, () => planDelivery(random, 600)),
    messageDeliveries: random.list(2 * uploadCount, () =>
      random.chance(0.05) ? 'swallowed' : planDelivery(random, 400),
    ),
  };
}

function planUpload(random: Random, file: PlannedFile): PlannedUpload {
  const hintSegment = file.hint ? `esiid=${file.hint}/` : '';
  const name = random.chance(0.3) ? 'latest.csv' : file.filename; // one key for several files: versions
  return {
    atMs: random.int(0, faultWindowMs),
    file,
    by: random.weighted({ presigned: 5, drop: 4, 'multipart-drop': 1 }),
    key: `${random.pick(prefixes)}${hintSegment}${name}`,
    afterwards: random.weighted({ nothing: 16, 'delete-version': 1, 'delete-marker': 1 }),
  };
}

function planDelivery(random: Random, longestMs: number): Delivery {
  switch (random.weighted({ normal: 10, lost: 2, doubled: 2, delayed: 3 })) {
    case 'normal':
      return [0];
    case 'lost':
      return [];
    case 'doubled':
      return [0, random.int(0, longestMs)];
    case 'delayed':
      return [random.int(1, longestMs)];
  }
}

const timedKinds: Readonly<Record<TimedFault['kind'], number>> = {
  'worker-killed': 5,
  'connections-cut': 2,
  'postgres-restarted': 1,
  'postgres-crashed': 1,
  's3-unavailable': 2,
  's3-slow': 2,
  's3-cut': 2,
  'lease-cut-short': 4,
  'two-sweeps': 2,
  replay: 3,
  'rows-locked': 2,
  'object-expired': 3,
  withdraw: 4,
};

function planTimedFault(random: Random): TimedFault {
  return { atMs: random.int(100, faultWindowMs), kind: random.weighted(timedKinds), chance: random.next() };
}

/** How often a fault is injected into each call, and up to which occurrence it makes sense. */
const stepOdds: Readonly<Record<Step, { readonly weight: number; readonly nth: number }>> = {
  'put-object': { weight: 1, nth: 6 },
  'head-object': { weight: 2, nth: 8 },
  'get-object': { weight: 2, nth: 10 },
  'insert-row': { weight: 3, nth: 8 },
  'send-message': { weight: 3, nth: 8 },
  'note-queued': { weight: 1, nth: 8 },
  claim: { weight: 3, nth: 10 },
  copy: { weight: 2, nth: 1 },
  finish: { weight: 6, nth: 10 },
  commit: { weight: 6, nth: 2 },
  release: { weight: 1, nth: 2 },
  publish: { weight: 3, nth: 6 },
  'note-announced': { weight: 2, nth: 6 },
  'delay-message': { weight: 1, nth: 2 },
  'delete-message': { weight: 3, nth: 6 },
  'list-versions': { weight: 1, nth: 4 },
  'receive-dead-letters': { weight: 1, nth: 6 },
};

/** How often a fault is what; a session is left half open only where it has, or had, a transaction. */
function actionOdds(step: Step): Readonly<Record<StepAction, number>> {
  switch (step) {
    case 'commit': // a transaction may commit late, or its host be lost with all that it locks
      return { kill: 3, cut: 2, stall: 4, vanish: 3 };
    case 'claim':
    case 'finish':
    case 'note-announced':
      return { kill: 6, cut: 3, stall: 1, vanish: 1 };
    default:
      return { kill: 6, cut: 3, stall: 1, vanish: 0 };
  }
}

function planStepFault(random: Random): StepFault {
  const weights = Object.fromEntries(Object.entries(stepOdds).map(([name, { weight }]) => [name, weight]));
  const step = random.weighted(weights as Record<Step, number>);
  const action = random.weighted(actionOdds(step));
  const isAtOpenTransaction = step === 'commit' && (action === 'stall' || action === 'vanish');
  const isBefore = step === 'copy' || isAtOpenTransaction || random.chance(0.5); // CopyData has no response
  return {
    step,
    when: isBefore ? 'before' : 'after',
    action,
    nth: random.int(1, stepOdds[step].nth),
    ...(action === 'stall' && { stallMs: random.int(200, 5_500) }),
  };
}
