/** Days by what their daily reads say of their intervals; days without a daily read are in none. */
export interface AuditCounts {
  /** Whole days whose intervals add up to the read. */
  readonly daysAgreeing: number;
  /** Whole days whose intervals add up to something else: somebody is wrong. */
  readonly daysDiffering: number;
  /** Days that SMT has a read of, and of which intervals are missing, some or all. */
  readonly daysMissing: number;
  /** Midnights at which the register jumped: a meter was exchanged. */
  readonly registerBreaks: number;
}
