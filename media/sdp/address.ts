/** Is it an IPv4 or IPv6 address in digits, not a name? (`node:net` is not for this pure folder.) */
export function isIP(text: string): boolean {
  const parts = text.split('.');
  if (parts.length === 4) return parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return /^[0-9a-fA-F:.]{2,45}$/.test(text) && text.includes(':');
}

/** The address type SDP writes before an address (RFC 4566 section 5.7). */
export function addressType(address: string): 'IP4' | 'IP6' {
  return address.includes(':') ? 'IP6' : 'IP4';
}
