import { hash } from 'node:crypto';
import type { Channel, IntervalBlock } from './block.ts';
import type { ClockDay } from './clock.ts';
import { NameMemory } from './name-memory.ts';

/** What identifies a block while its file is read. */
export interface BlockKey {
  readonly esiid: string;
  readonly channel: Channel;
  readonly day: ClockDay;
  readonly revisedAt: string | null;
}

/** The values of a block; a second value of a slot goes to another layer, so that no value is dropped. */
interface Layer {
  readonly kwh: (string | null)[];
  estimated: boolean[] | null;
}

/** A block that is being filled. */
export interface OpenBlock {
  /** Equal for blocks of equal keys. */
  readonly name: string;
  readonly key: BlockKey;
  readonly layers: Layer[];
  meter: string | null;
  /** Rows seen for it, gaps included: as many as slots means it is most likely complete. */
  rows: number;
  emitted: boolean;
}

/** Maximum number of open blocks before the oldest are flushed. */
const defaultMaxOpen = 2048;
/** Maximum number of different values held for one slot. */
export const maxLayers = 16;
/** Maximum number of flushed blocks remembered, to detect late rows for them: in 4 MB. */
const maxRemembered = 390_000;

function newLayer(slotCount: number): Layer {
  return { kwh: new Array<string | null>(slotCount).fill(null), estimated: null };
}

/**
 * Puts readings into the blocks of their meter-days, in bounded memory: a block is flushed when it is complete
 * and the next begins, or when too many are open; a late row starts another block, which the view merges with it.
 */
export class BlockAssembler {
  /** Whether some meter-day was split into several blocks, so that duplicates among them are not counted yet. */
  isRecountNeeded = false;
  private readonly open = new Map<string, OpenBlock>();
  private readonly done = new NameMemory();
  private readonly emit: (block: IntervalBlock) => void;
  private readonly maxOpen: number;

  constructor(emit: (block: IntervalBlock) => void, maxOpen = defaultMaxOpen) {
    this.emit = emit;
    this.maxOpen = maxOpen;
  }

  /** The open block of a key. Callers keep it during a run of rows with the same key. */
  block(key: BlockKey): OpenBlock {
    const name = blockName(key);
    let block = this.open.get(name);
    if (block && block.layers.length >= maxLayers) {
      this.emitBlock(block);
      block = undefined;
    }
    if (!block) {
      if (this.done.has(name) || this.done.size >= maxRemembered) this.isRecountNeeded = true;
      if (this.open.size >= this.maxOpen) this.evictOldest();
      block = { name, key, layers: [newLayer(key.day.slotCount)], meter: null, rows: 0, emitted: false };
      this.open.set(name, block);
    }
    return block;
  }

  /** Flushes a block that has had a row for every slot, or holds too many values of one slot. */
  leave(block: OpenBlock): void {
    if (block.rows >= block.key.day.slotCount || block.layers.length >= maxLayers) this.emitBlock(block);
  }

  finish(): void {
    for (const block of this.open.values()) this.emitBlock(block);
  }

  private evictOldest(): void {
    for (const block of [...this.open.values()].slice(0, Math.ceil(this.maxOpen / 2))) this.emitBlock(block);
  }

  private emitBlock(block: OpenBlock): void {
    if (block.emitted) return;
    block.emitted = true;
    this.open.delete(block.name);
    if (this.done.size < maxRemembered) this.done.add(block.name);
    for (const layer of block.layers) this.emitLayer(block, layer);
  }

  private emitLayer(block: OpenBlock, layer: Layer): void {
    if (layer.kwh.every((value) => value === null)) return;
    const { esiid, channel, day, revisedAt } = block.key;
    const estimated = layer.estimated ? layer.estimated.map((flag) => (flag ? '1' : '0')).join('') : null;
    const content = hash('sha256', `${layer.kwh.join(',')}|${estimated ?? ''}`).slice(0, 32);
    this.emit({
      esiid,
      channel,
      usageDate: day.date,
      revisedAt,
      kwh: layer.kwh,
      estimated,
      meter: block.meter,
      content,
    });
  }
}

function blockName({ esiid, channel, day, revisedAt }: BlockKey): string {
  return `${esiid}${channel === 'consumption' ? 'c' : 'g'}${day.date}${revisedAt ?? ''}`;
}

/**
 * Puts one reading into its slot.
 * @returns whether the slot was free, held the same value already, or held another
 */
export function placeReading(
  block: OpenBlock,
  slot: number,
  kwh: string,
  estimated: boolean,
): 'new' | 'duplicate' | 'conflict' {
  const { layers } = block;
  for (const layer of layers) {
    const held = layer.kwh[slot];
    if (held == null) {
      fill(layer, slot, kwh, estimated);
      return layer === layers[0] ? 'new' : 'conflict';
    }
    if (held === kwh && (layer.estimated?.[slot] ?? false) === estimated) return 'duplicate';
  }
  const layer = newLayer(block.key.day.slotCount);
  layers.push(layer);
  fill(layer, slot, kwh, estimated);
  return 'conflict';
}

function fill(layer: Layer, slot: number, kwh: string, estimated: boolean): void {
  if (estimated) layer.estimated ??= new Array<boolean>(layer.kwh.length).fill(false);
  layer.kwh[slot] = kwh;
  if (layer.estimated) layer.estimated[slot] = estimated;
}
