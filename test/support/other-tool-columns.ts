import type { Channel } from '../../shared/intervals/block.ts';
import type { Dice } from './dice.ts';
import type { Column, Writer } from './other-tool-times.ts';
import { esiid, otherEsiid, type Reading } from './smt-meter.ts';

/** Who the readings of a file are of. */
export interface Identity {
  readonly esiids: readonly string[];
  readonly channels: readonly Channel[];
  readonly columns: readonly Column[];
  /** Lines above the header. */
  readonly preamble: readonly string[];
  readonly esiidHint: string | null;
}

const guards: readonly ((id: string) => string)[] = [
  (id) => id,
  (id) => `'${id}`,
  (id) => `="${id}"`,
  (id) => `\u2018${id}`,
  (id) => `"${id}"`,
  (id) => ` ${id} `,
];

/** By an ESIID column, a line above the header, or the hint. */
export function identityColumns(dice: Dice): Identity {
  const titles = dice.pick([
    [],
    [],
    ['Interval usage report'],
    ['Account,12345678', '', 'Period,May'],
    [',,,', ',,,'],
  ]);
  const place = dice.pick(['column', 'column', 'column', 'preamble', 'hint'] as const);
  if (place !== 'column') {
    return {
      esiids: [esiid],
      channels: ['consumption'],
      columns: [],
      preamble: place === 'preamble' ? [...titles, `ESIID,${esiid}`] : titles,
      esiidHint: place === 'hint' ? esiid : null,
    };
  }
  const guard = dice.pick(guards);
  const name = dice.pick(['ESIID', 'ESI ID', 'esi_id', 'ESI-ID']);
  const hasChannel = dice.chance(0.3);
  const words = dice.pick([
    ['Consumption', 'Surplus Generation'],
    ['consumption', 'SURPLUS_GENERATION'],
    ['From Grid', 'To Grid'],
  ]);
  const channel: Column = {
    role: 'channel',
    name: dice.pick(['Channel', 'CONSUMPTION_SURPLUSGENERATION', 'Direction']),
    cell: (reading) => words[reading.channel === 'consumption' ? 0 : 1] ?? '',
  };
  return {
    esiids: dice.pick([[esiid], [esiid], [esiid, otherEsiid]]),
    channels: hasChannel ? ['consumption', 'generation'] : ['consumption'],
    columns: [
      { role: 'esiid', name, cell: (reading) => guard(reading.esiid) },
      ...(hasChannel ? [channel] : []),
    ],
    preamble: titles,
    esiidHint: null,
  };
}

interface Choice {
  readonly columns: readonly Column[];
  readonly name: string;
  readonly isSure: boolean;
  readonly isOther: boolean;
}

/** What else a tool writes beside the readings. */
export function extraColumns(dice: Dice, writer: Writer): Choice {
  const other = (name: string, cell: Column['cell']): Column => ({ role: 'other', name, cell });
  const hash = ({ startMs }: Reading, below: number): number => (startMs / 900_000) % below;
  const yes = dice.pick([
    ['A/E', 'A', 'E'],
    ['Estimated', 'No', 'Yes'],
    ['Actual', 'TRUE', 'FALSE'],
    ['ESTIMATED_ACTUAL', 'Actual', 'Estimated'],
  ]);
  const [name = '', actual = '', estimated = ''] = yes;
  const flag: Column = { role: 'flag', name, cell: (reading) => (reading.estimated ? estimated : actual) };
  const meter: Column = { role: 'meter', name: 'Meter Number', cell: ({ esiid: id }) => `M${id.slice(-3)}` };
  const choices: readonly Choice[] = [
    { columns: [], name: '', isSure: true, isOther: false },
    { columns: [flag], name: 'flags', isSure: true, isOther: false },
    { columns: [meter], name: 'meter', isSure: true, isOther: false },
    { columns: [other('Price per kWh', () => '0.12')], name: 'price', isSure: true, isOther: false },
    {
      columns: [other('Temperature', (reading) => String(60 + hash(reading, 30)))],
      name: 'temperature',
      isSure: true,
      isOther: false,
    },
    {
      columns: [other('Remark', (reading) => (hash(reading, 7) === 0 ? 'see note' : ''))],
      name: 'remark',
      isSure: true,
      isOther: false,
    },
    {
      columns: [other('Exported', () => writer.date('2026-10-13'))],
      name: 'date of the export',
      isSure: false,
      isOther: false,
    },
    {
      columns: [
        other(
          dice.pick(['Returned to Grid', 'Solar', 'Generation kWh', 'Total']),
          (reading) => `0.${1 + hash(reading, 89)}`,
        ),
      ],
      name: 'second energy',
      isSure: false,
      isOther: true,
    },
    {
      columns: Array.from({ length: 4 }, (_, i) =>
        other(`0${i}:15`, (reading) => `0.${1 + hash(reading, 9)}`),
      ),
      name: 'wide',
      isSure: false,
      isOther: true,
    },
  ];
  return dice.pick(choices);
}

export function energyColumn(
  dice: Dice,
  hasChannel: boolean,
): { column: Column; name: string; isSure: boolean; isOther: boolean } {
  const styles: Readonly<Record<string, (milliKwh: number) => string>> = {
    plain: (milliKwh) => String(milliKwh / 1000),
    trimmed: (milliKwh) => String(milliKwh / 1000).replace(/^0\./, '.'),
    padded: (milliKwh) => ` ${(milliKwh / 1000).toFixed(5)}`,
    'decimal comma': (milliKwh) => String(milliKwh / 1000).replace('.', ','),
  };
  const style = dice.chance(0.95) ? dice.pick(['plain', 'trimmed', 'padded']) : 'decimal comma';
  const isOther = dice.chance(0.05);
  const name = isOther
    ? dice.pick(['Wh', 'Usage', 'Net kWh', 'kVARh', ...(hasChannel ? [] : ['Export kWh'])])
    : dice.pick(['kWh', 'Usage (kWh)', 'USAGE_KWH', 'Energy kWh', 'Usage kWh']);
  const cell = ({ milliKwh }: Reading): string =>
    milliKwh === null ? '' : (styles[style]?.(milliKwh) ?? '');
  return {
    column: { role: 'kwh', name, cell },
    name: style,
    isSure: style !== 'decimal comma' && !isOther,
    isOther,
  };
}
