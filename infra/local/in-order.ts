/**
 * Runs a task for each item, a few at a time, and yields the results in the items' order. No more than
 * that many are started ahead of the one yielded next, so that neither results nor open files pile up.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const inFlight: Promise<Result>[] = [];
  for (const item of items) {
    const result = task(item);
    result.catch(() => undefined); // thrown when its turn comes
    inFlight.push(result);
    if (inFlight.length >= concurrency) yield await (inFlight.shift() as Promise<Result>);
  }
  for (const result of inFlight) yield await result;
}
