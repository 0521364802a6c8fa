import { readFile } from 'node:fs/promises';

/**
 * Resident memory in MB that a process had at most, its code included: VmHWM of /proc.
 * @returns null where there is no /proc, or no such process any more
 */
export async function peakMemoryMb(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}
