/** Names that the user gave to meters, kept in this browser only: they can reveal where people live. */
const storageKey = 'smt-meter-names';
export const maxNameLength = 60;

type Names = Readonly<Record<string, string>>;

export function meterNames(): Names {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return typeof names === 'object' && names !== null && !Array.isArray(names) ? (names as Names) : {};
  } catch {
    return {}; // what another program wrote there
  }
}

/** Gives a meter a name; an empty one takes it back. */
export function nameMeter(esiid: string, name: string): void {
  const { [esiid]: _, ...others } = meterNames();
  const names = name === '' ? others : { ...others, [esiid]: name.slice(0, maxNameLength) };
  localStorage.setItem(storageKey, JSON.stringify(names));
}

/** The meter's name, or its ESIID. */
export function meterLabel(esiid: string): string {
  return meterNames()[esiid] ?? esiid;
}

/** ESIIDs whose name contains a text. */
export function metersNamed(text: string): string[] {
  const wanted = text.toLowerCase();
  return Object.entries(meterNames()).flatMap(([esiid, name]) =>
    name.toLowerCase().includes(wanted) ? [esiid] : [],
  );
}
