import { useEffect, useState } from 'react';
import type { Contact } from '../../../protocol/rest.ts';

/** One number of one contact. */
export interface Callable {
  readonly name: string;
  readonly number: string;
}

/** Contacts whose name or number holds the text; empty when the server cannot say. */
export type SearchContacts = (text: string) => Promise<readonly Contact[]>;

const shortest = 2;
const most = 6;

/** The numbers of these contacts, those that match the digits first. Pure. */
export function callablesOf(contacts: readonly Contact[], text: string): readonly Callable[] {
  const digits = text.replace(/\D/g, '');
  const all = contacts.flatMap(({ name, numbers }) => numbers.map((number) => ({ name, number })));
  const matches = ({ number }: Callable): boolean => digits.length > 0 && number.includes(digits);
  return [...all.filter(matches), ...all.filter((each) => !matches(each))].slice(0, most);
}

/** What the text may mean among the contacts; nothing for less than two characters. */
export function useCallables(search: SearchContacts, text: string): readonly Callable[] {
  const [found, setFound] = useState<{ readonly text: string; readonly callables: readonly Callable[] }>();
  const wanted = text.trim();
  useEffect(() => {
    if (wanted.length < shortest) return undefined;
    let stale = false;
    void search(wanted).then((contacts) => {
      if (!stale) setFound({ text: wanted, callables: callablesOf(contacts, wanted) });
    });
    return () => {
      stale = true;
    };
  }, [search, wanted]);
  // What was found for the text before is better than a list that flickers.
  return wanted.length < shortest || found === undefined ? [] : found.callables;
}
