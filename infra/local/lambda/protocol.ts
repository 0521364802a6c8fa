/** What goes over the channel between an execution environment's process and its parent, as JSON. */

export type ToWorker = {
  readonly type: 'invoke';
  readonly requestId: string;
  /** The event, JSON. */
  readonly payload: string;
  readonly deadlineMs: number;
};

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'error'; readonly requestId: string; readonly error: FunctionError }
  /** The process is about to exit: the handler could not be loaded, or something threw outside of it. */
  | { readonly type: 'fatal'; readonly error: FunctionError };

/** An error as a Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** How an invocation ended. */
export type InvocationResult =
  | { readonly outcome: 'ok'; readonly requestId: string; readonly payload: unknown }
  | { readonly outcome: 'error'; readonly requestId: string; readonly error: FunctionError }
  | { readonly outcome: 'timeout'; readonly requestId: string; readonly error: FunctionError }
  | {
      readonly outcome: 'exited';
      readonly requestId: string;
      readonly error: FunctionError;
      readonly outOfMemory: boolean;
    };
