/** One cell in this many may be damaged; more show how the file is written. */
export const damagedShare = 50;
/** Number of cells among which a single one may be damaged. */
const minCells = 5;

/** Whether so few of the cells are different that they may be damaged, and must not decide how the others are read. */
export function mayBeDamage(different: number, cells: number): boolean {
  return (different === 1 && cells >= minCells) || different * damagedShare <= cells;
}
