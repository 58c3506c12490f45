/**
 * A whole number from `least` to `most`, the same for the same key and evenly spread over different ones (FNV-1a): those
 * who are told to come back come back at different times, and a test knows when.
 */
export function spread(key: string, least: number, most: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  // The low bits of FNV-1a follow the last characters closely: fold the high ones in.
  return least + (((hash ^ (hash >>> 15)) >>> 0) % (most - least + 1));
}
