import type { Log } from '../log.ts';
import type { Delivery } from './deliver.ts';

/**
 * Logs a delivery. A duplicate of a file that failed to load is a warning: its bytes are stored, and sending them again
 * cannot load them.
 * @returns whether the bytes are stored in a file that failed
 */
export function logDelivery(
  log: Log,
  delivery: Delivery,
  fields: { readonly file: string; readonly ms: number },
): boolean {
  if (delivery.outcome === 'uploaded') {
    log.info('delivered', { ...fields, outcome: 'uploaded', object_key: delivery.objectKey });
    return false;
  }
  const { id, status } = delivery.stored;
  const duplicate = { ...fields, outcome: 'duplicate', raw_file_id: id, status };
  if (status !== 'failed') {
    log.info('delivered', duplicate);
    return false;
  }
  log.warning('stored, but not loaded', {
    ...duplicate,
    reason: `the same bytes are raw file ${id}, which failed: see /admin/smt/raw/${id}, and replay it once the cause is resolved`,
  });
  return true;
}
