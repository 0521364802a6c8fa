import { el } from '../lib/dom.ts';
import type { SystemStatus } from './status.ts';

/** A notice for each finding; one that says so where there is none. */
export function findingNotices(findings: SystemStatus['findings']): HTMLElement[] {
  if (findings.length === 0) return [el('div', { class: 'notice good' }, 'Nothing is wrong.')];
  return findings.map(({ code, severity, message, resolve }) =>
    el(
      'div',
      { class: `notice ${severity === 'error' ? 'bad' : 'warn'}` },
      el('strong', {}, message),
      el('p', {}, resolve),
      el('p', { class: 'muted small' }, `Runbook: ${code}`),
    ),
  );
}
