/** The network calls into which a fault can be injected, in the order of a file's lifecycle. */
export const steps = [
  ...(['put-object', 'head-object', 'get-object', 'insert-row', 'send-message', 'note-queued'] as const),
  ...(['claim', 'copy', 'finish', 'commit', 'release', 'publish', 'note-announced'] as const),
  ...(['delay-message', 'delete-message', 'list-versions', 'receive-dead-letters'] as const),
];
export type Step = (typeof steps)[number];

export type StepAction =
  /** SIGKILL to the worker that makes the call. */
  | 'kill'
  /** The connection breaks; the worker lives. */
  | 'cut'
  /** The call hangs, possibly beyond the worker's timeout. */
  | 'stall'
  /** The host of the worker is lost: the worker is dead, and nobody closes its connection. */
  | 'vanish';

export interface StepFault {
  readonly step: Step;
  /** Before the service sees the call, or after it has responded and before the worker receives the response. */
  readonly when: 'before' | 'after';
  readonly action: StepAction;
  /** Which call of this kind, counted from 1. */
  readonly nth: number;
  readonly stallMs?: number;
}

/** The armed faults. */
export class ArmedSteps {
  readonly hits: StepFault[] = [];
  private faults: StepFault[];
  private readonly counts = new Map<string, number>();

  constructor(faults: readonly StepFault[]) {
    this.faults = [...faults];
  }

  /** Counts the call; the fault injected into it, if any. */
  take(step: Step, when: StepFault['when']): StepFault | undefined {
    const counter = `${when} ${step}`;
    const count = (this.counts.get(counter) ?? 0) + 1;
    this.counts.set(counter, count);
    const index = this.faults.findIndex((f) => f.step === step && f.when === when && f.nth === count);
    if (index < 0) return undefined;
    const [fault] = this.faults.splice(index, 1);
    if (fault) this.hits.push(fault);
    return fault;
  }

  /** Calls that were recognized. */
  get seen(): ReadonlySet<Step> {
    return new Set(steps.filter((step) => this.counts.has(`before ${step}`)));
  }

  disarm(): void {
    this.faults = [];
  }
}
