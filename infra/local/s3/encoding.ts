/** RFC 3986 percent-encoding of everything but unreserved characters, as signatures require. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key as S3 writes it into events and url-encoded listings: form-encoded (a space is `+`), `/` and `*` as they are. */
export function formEncodeKey(key: string): string {
  return percentEncode(key)
    .replaceAll('%2F', '/')
    .replaceAll('%2A', '*')
    .replaceAll('~', '%7E')
    .replaceAll('%20', '+');
}

/** Order of keys in a listing: by their UTF-8 bytes, which JavaScript's own string order is not. */
export function compareKeys(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
