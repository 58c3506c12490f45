import type { Ring, Wanted } from './ring.ts';
import type { WireMessage } from './wire.ts';

/** Whose messages are asked for. */
export interface LadderQuestion {
  /** Dialogs by their Call-ID. */
  readonly callIds: readonly string[];
  /** A header whose value marks a request as belonging to it; its dialog belongs to it then. */
  readonly mark: { readonly header: string; readonly value: string } | undefined;
}

const callIdNames = ['Call-ID', 'i'];

/** The value of a header in the head of a message, by one of its names; '' when there is none. */
function valueOf(head: string, names: readonly string[]): string {
  const lower = head.toLowerCase();
  for (const name of names) {
    const at = lower.indexOf(`\r\n${name.toLowerCase()}:`);
    if (at < 0) continue;
    const from = at + name.length + 3;
    const end = head.indexOf('\r\n', from);
    return head.slice(from, end < 0 ? undefined : end).trim();
  }
  return '';
}

function headOf(message: WireMessage): string {
  const [first] = message.parts;
  const text = first?.toString('latin1') ?? '';
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? text : text.slice(0, end);
}

/** The Call-ID of a message as it was on the wire; '' when it has none. */
export function callIdOf(message: WireMessage): string {
  return valueOf(headOf(message), callIdNames);
}

/** What is wanted of all rings, oldest first. */
async function searchAll(rings: readonly Ring[], wanted: Wanted): Promise<WireMessage[]> {
  const found = await Promise.all(rings.map((ring) => ring.search(wanted)));
  return found.flat().sort((one, other) => one.at - other.at);
}

/** The messages of the dialogs asked for, and of those that carry the mark, oldest first. */
export async function ladderOf(rings: readonly Ring[], question: LadderQuestion): Promise<WireMessage[]> {
  const callIds = new Set(question.callIds);
  const { mark } = question;
  if (mark !== undefined) {
    const marked = await searchAll(rings, (message) => {
      const [first] = message.parts;
      // Most messages are told by this search alone, which is a fast one.
      return first?.includes(mark.value) === true && valueOf(headOf(message), [mark.header]) === mark.value;
    });
    for (const message of marked) callIds.add(callIdOf(message));
  }
  callIds.delete('');
  if (callIds.size === 0) return [];
  return searchAll(rings, (message) => callIds.has(callIdOf(message)));
}
