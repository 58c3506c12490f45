import { parseDocument } from 'yaml';

/**
 * `jackfield.yaml` with the site's address set, everything else and all comments kept. The error is the first complaint
 * about the present text.
 */
export function withAddress(
  yaml: string,
  address: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
  const document = parseDocument(yaml);
  const error = document.errors[0];
  if (error !== undefined) return { ok: false, reason: error.message.split('\n')[0] ?? 'unreadable' };
  document.setIn(['network', 'bind'], address);
  document.setIn(['network', 'advertise'], address);
  return { ok: true, text: document.toString({ lineWidth: 0 }) };
}
