/** On one server, or the data tables distributed by ESIID over the workers of a Citus cluster. */
export type Distribution = 'single' | 'citus';

/**
 * Distributes the data tables; for empty tables, after their creation. They are co-located: all that is stored of an ESIID is on one
 * worker, so that views join an ESIID with itself there. All other tables stay on the coordinator.
 */
export const distributedTables: readonly string[] = [
  // The type of channels was created in the same transaction, which workers see only over one connection each.
  "set local citus.multi_shard_modify_mode to 'sequential'",
  "select create_distributed_table('interval_blocks', 'esiid', colocate_with => 'none')",
  "select create_distributed_table('daily_reads', 'esiid', colocate_with => 'interval_blocks')",
  "select create_distributed_table('monthly_reads', 'esiid', colocate_with => 'interval_blocks')",
];
