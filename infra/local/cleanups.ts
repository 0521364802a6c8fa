/** Cleanup steps of a start, run in reverse order even if the start fails halfway. */
export class Cleanups {
  private readonly steps: (() => unknown)[] = [];

  /** Remembers how to undo something. */
  add(step: () => unknown): void {
    this.steps.push(step);
  }

  /** Undoes everything once. A step that fails does not keep the others from running; the first failure is thrown. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
