/** The request properties that a fault can match. */
export interface FaultTarget {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** The S3 operation, such as `PutObject`. */
  readonly operation: string;
}

export type Fault = {
  /** Number of requests it hits; `Infinity` until cleared. */
  readonly times: number;
  /** Which requests it hits; all if absent. */
  readonly matches?: (target: FaultTarget) => boolean;
} & (
  | { /** Responds 503 SlowDown instead. */ readonly kind: 'slow-down' }
  | { /** Waits before it does anything. */ readonly kind: 'delay'; readonly delayMs: number }
  | {
      /** Closes the connection after this many bytes of an object's body. */ readonly kind: 'cut-body';
      readonly afterBytes: number;
    }
);

type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** Injected faults, for tests. Faults are tried in the order they were added; each kind hits a request once. */
export class S3Faults {
  /** How many requests each kind has hit. */
  readonly hits = { 'slow-down': 0, delay: 0, 'cut-body': 0 };
  private active: { fault: Fault; left: number }[] = [];

  inject(fault: Fault): void {
    this.active.push({ fault, left: fault.times });
  }

  /** Clears all faults; the counts stay. */
  clear(): void {
    this.active = [];
  }

  /** Takes the next fault of this kind for this request, if one is due and `bites`. */
  take<Kind extends Fault['kind']>(
    kind: Kind,
    target: FaultTarget,
    bites: (fault: FaultOf<Kind>) => boolean = () => true,
  ): FaultOf<Kind> | undefined {
    for (const due of this.active) {
      const fault = due.fault as FaultOf<Kind>;
      if (fault.kind !== kind || due.left <= 0 || !(fault.matches?.(target) ?? true) || !bites(fault))
        continue;
      due.left -= 1;
      this.hits[kind] += 1;
      return fault;
    }
    return undefined;
  }
}
