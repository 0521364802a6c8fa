import { FileError } from '../../../archive/file-error.ts';
import { reduced } from '../cells.ts';
import { describeCell, quoted } from '../place-of-cell.ts';
import { type ColumnProfile, type ColumnSurvey, namesNoEnergy } from './column-survey.ts';
import { fitting, unknownHeader } from './fitting-columns.ts';

/** Minimum number of rows of a constant column; fewer may be equal by chance. */
const minRowsOfConstant = 4;

/**
 * The column of kWh.
 * @throws FileError `unknown-header` where none is named so, or a second one may be energy too; `contradicted-column`
 */
export function chooseEnergy(survey: ColumnSurvey, hasChannel: boolean): ColumnProfile {
  rejectOtherUnits(survey.columns.filter(({ role }) => role === 'unit'));
  const energy = findEnergy(survey);
  rejectOtherThanUsage(energy, hasChannel);
  rejectSecondEnergy(survey, energy);
  return energy;
}

function rejectOtherUnits(units: readonly ColumnProfile[]): void {
  for (const { first, firstOther } of units) {
    const other = [first, firstOther].find((cell) => cell && reduced(cell.text) !== 'kwh');
    if (other)
      throw unknownHeader(
        `The unit is not kWh: ${describeCell(other)}. Send the rows whose unit is kWh alone.`,
      );
  }
}

const commonNames = [
  'usagekwh',
  'kwh',
  'energykwh',
  'intervalkwh',
  'kwhusage',
  'consumptionkwh',
  'usageinkwh',
];

function findEnergy(survey: ColumnSurvey): ColumnProfile {
  const { columns } = survey;
  const named = columns.filter(({ role }) => role === 'kwh');
  const hasUnit = columns.some(({ role, cells }) => role === 'unit' && cells > 0);
  const candidates = named.length > 0 || !hasUnit ? named : columns.filter(({ role }) => role === 'energy');
  const filled = fitting(candidates, ({ isNumeric }) => isNumeric);
  const energy = filled.find(({ name }) => commonNames.includes(reduced(name))) ?? filled[0];
  if (energy && energy.numbers > 0 && !energy.isNumeric) throw mostlyNoNumbers(energy);
  if (energy) return energy;
  const unnamed = columns.find(({ role }) => role === 'energy');
  throw unknownHeader(
    unnamed
      ? `Column ${quoted(unnamed.name)} does not say its unit. Name it kWh if that is what it holds.`
      : 'No column is named as one of kWh.',
  );
}

/** The few numbers among other cells, as whole kWh among decimal commas, would be all that is read of a day. */
function mostlyNoNumbers({ name, first, firstOther }: ColumnProfile): FileError {
  const found = [first, firstOther].map((cell) => (cell ? describeCell(cell) : '')).filter(Boolean);
  return new FileError(
    'contradicted-column',
    `Most cells of column ${quoted(name)} are not numbers of kWh such as 0.145: ${found.join(', ')}. Write them with a decimal point.`,
  );
}

const otherDirection =
  /generat|export|surplus|deliver|receiv|return|solar|produc|sent|import|inject|feedin|outflow|inflow/;
const noInterval = /^net|net$|netkwh|kwhnet|cumulat|register|reading|index|demand/;

/** Energy of another direction, a balance or a register is not consumption, even if it is the only energy of the file. */
function rejectOtherThanUsage({ name, first }: ColumnProfile, hasChannel: boolean): void {
  const word = reduced(name);
  if (!noInterval.test(word) && (hasChannel || !otherDirection.test(word))) return;
  throw unknownHeader(
    `Column ${quoted(name)} is not named as consumption${first ? ` (${describeCell(first)})` : ''}: it may be another ` +
      'direction, a balance or a register. Send a row for each reading, with its channel in a column CONSUMPTION_SURPLUSGENERATION (Consumption or ' +
      'Surplus Generation).',
  );
}

/** Whether the numbers of a column are a register's: from its least to its greatest is the energy of the whole file. */
function isRegisterOf(survey: ColumnSurvey, column: ColumnProfile, energy: ColumnProfile): boolean {
  if (survey.rowCount < minRowsOfConstant) return false;
  const span = column.max - column.min;
  // Running daily energy starts at 0 every day; a register has counted long before.
  return span > 0 && column.min > span && Math.abs(span - energy.sum) <= energy.max + 0.002;
}

const energyName =
  /kwh|generat|export|surplus|deliver|receiv|return|solar|produc|sent|net|inject|feedin|outflow|inflow|import|consum|usage|energy/;

/**
 * A file with a column for each direction would lose one of them. The reader does not guess which of two columns is meant, and
 * an unexplained column of numbers may be the second.
 * @throws FileError `unknown-header`
 */
function rejectSecondEnergy(survey: ColumnSurvey, energy: ColumnProfile): void {
  const second = survey.columns.find(
    (column) =>
      column !== energy &&
      (column.role === null || column.role === 'kwh' || column.role === 'energy') &&
      column.isNumeric &&
      !isExplained(survey, column, energy),
  );
  if (!second?.first) return;
  throw unknownHeader(
    `Column ${quoted(second.name)} may be a second column of energy (${describeCell(second.first)}), beside ` +
      `${quoted(energy.name)}. Send a row for each reading, with its channel in a column CONSUMPTION_SURPLUSGENERATION ` +
      '(Consumption or Surplus Generation), or leave the column out.',
  );
}

function isExplained(survey: ColumnSurvey, column: ColumnProfile, energy: ColumnProfile): boolean {
  const { name, numbers, longIntegers, isConstant, cells } = column;
  const isOfEnergy = energyName.test(reduced(name));
  return (
    survey.areEqual(column.index, energy.index) ||
    (!isOfEnergy && namesNoEnergy(name)) ||
    (/price|cost|rate|charge|amount/.test(reduced(name)) && !/kwh$/.test(reduced(name))) ||
    /(?:price|cost|rate|charge)per/.test(reduced(name)) ||
    (longIntegers === numbers && isConstant) ||
    (isConstant && cells >= minRowsOfConstant && (column.max === 0 || !isOfEnergy)) ||
    (!isOfEnergy && isRegisterOf(survey, column, energy))
  );
}
