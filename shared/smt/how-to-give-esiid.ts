/** How to send a file again with its ESIID, by the channel that it came through. */
const howToBySource: Readonly<Record<string, string>> = {
  'admin-ui': 'Enter it on the page of raw files, under "My files name no ESIID", and send the file again.',
  'console-drop': 'Copy the object to a key with a segment esiid=<ESIID>/ in it.',
};

/** What to do about a file that names no ESIID. @param source of the raw file; every other one is of upload requests */
export function howToGiveEsiid(source: string | undefined): string {
  return (
    howToBySource[source ?? ''] ??
    'Send it again with "esiid" in the upload request, or copy the object to a key with a segment esiid=<ESIID>/ in it.'
  );
}
