/** Something that a person has to look at. */
export interface Finding {
  /** Name of the alarm for the same, and of its section in the runbook. */
  readonly code: string;
  /** `error`: data does not arrive or is not loaded. `warning`: it is, and something in it has to be checked. */
  readonly severity: 'error' | 'warning';
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** The one thing to do. */
  readonly resolve: string;
}
