import type { Address } from './address.ts';

/** What a view needs of the page that it is shown on. */
export interface ViewContext {
  readonly address: Address;
  /** Changes what is shown, as a step that Back undoes. */
  readonly go: (change: Partial<Address>) => void;
  /** Records in the URL what the view shows already. */
  readonly note: (change: Partial<Address>) => void;
  /** Aborted when something else is shown. */
  readonly signal: AbortSignal;
}
