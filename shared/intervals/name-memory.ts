/** Remembers which names were added, in 11 to 22 bytes each. A set of strings takes ten times as much. */
export class NameMemory {
  size = 0;
  /** Hashes of the names, each at the first free place from the one it determines on; 0 is free. At least a quarter are. */
  private places = new Float64Array(1024);

  /** Whether a name was added. One that was not is taken for another that was with a probability of size / 2^53. */
  has(name: string): boolean {
    const hash = hashOf(name);
    return this.places[this.placeOf(hash)] === hash;
  }

  add(name: string): void {
    const hash = hashOf(name);
    const place = this.placeOf(hash);
    if (this.places[place] === hash) return;
    this.places[place] = hash;
    this.size++;
    if (this.size * 4 > this.places.length * 3) this.grow();
  }

  /** Where a hash is, or would be. */
  private placeOf(hash: number): number {
    const { places } = this;
    const lastPlace = places.length - 1; // all its bits are 1
    let place = hash & lastPlace;
    while (places[place] !== 0 && places[place] !== hash) place = (place + 1) & lastPlace;
    return place;
  }

  private grow(): void {
    const { places } = this;
    this.places = new Float64Array(places.length * 2);
    for (const hash of places) if (hash !== 0) this.places[this.placeOf(hash)] = hash;
  }
}

/** 53 bits of a name, none of them 0. */
function hashOf(name: string): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul((low << 5) ^ (low >>> 27) ^ code, 0x5bd1e995);
  }
  return ((high ^ (high >>> 15)) >>> 11) * 2 ** 32 + ((low ^ (low >>> 13)) >>> 0) || 1;
}
