import { setTimeout as sleep } from 'node:timers/promises';
import type { ArmedSteps, Step, StepFault } from './steps.ts';

/**
 * Injects a fault into a call, if one is armed for it; `break` says that the call's connection is to be broken.
 * @param leaveHalfOpen called before a worker is killed whose connection must not end with it
 */
export type Inject = (
  step: Step,
  when: StepFault['when'],
  clientPort: number,
  leaveHalfOpen?: () => void,
) => Promise<'go on' | 'break'>;

export interface InjectOptions {
  readonly armed: ArmedSteps;
  /** Kills the worker that holds this port; false when it is none of the workers'. */
  readonly killWorkerOnPort: (port: number) => Promise<boolean>;
}

export function injector({ armed, killWorkerOnPort }: InjectOptions): Inject {
  return async (step, when, clientPort, leaveHalfOpen) => {
    const fault = armed.take(step, when);
    switch (fault?.action) {
      case undefined:
        return 'go on';
      case 'stall':
        await sleep(fault.stallMs);
        return 'go on';
      case 'cut':
        return 'break';
      case 'vanish':
      case 'kill':
        if (fault.action === 'vanish') leaveHalfOpen?.();
        await killWorkerOnPort(clientPort);
        return 'break'; // as the death of a process does, and the nearest thing for a caller that is no worker
    }
  };
}
