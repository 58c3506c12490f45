import { describe, expect, it } from 'vitest';
import { inviteFacts } from './invite-headers.ts';
import type { InviteMessage } from './invite-headers.ts';

function message(headers: Readonly<Record<string, string>>, user = '', displayName?: string): InviteMessage {
  const from = displayName === undefined ? { uri: { user } } : { displayName, uri: { user } };
  return { getHeader: (name) => headers[name], from };
}

describe('the headers of an INVITE', () => {
  it('name offer, call and caller', () => {
    const facts = inviteFacts(message({ 'X-Jackfield-Offer': ' o1 ', 'X-Jackfield-Call': 'c1' }, '+86139'));
    expect(facts).toEqual({ offerId: 'o1', callId: 'c1', from: '+86139' });
  });

  it('name the offer once when they resume one', () => {
    expect(inviteFacts(message({ 'X-Jackfield-Resume': 'o1' }))).toEqual({ offerId: 'o1', resume: 'o1' });
  });

  it('count for nothing where they are no ids', () => {
    expect(inviteFacts(message({ 'X-Jackfield-Offer': 'a b', 'X-Jackfield-Call': '' }, '1', 'Toy'))).toEqual({
      from: 'Toy',
    });
  });
});
