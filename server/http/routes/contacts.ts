import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import { contact, contactBody, page } from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { paging, route, type Route } from '../route.ts';

/** People. */
export function contactRoutes({ crm }: Context): Route[] {
  const list = route({
    method: 'get',
    path: '/api/v1/contacts',
    summary: 'Contacts, newest first, or the one of a number',
    access: 'agent',
    query: paging.extend({
      number: z.string().min(2).max(40).optional().describe('In any form.'),
      search: z.string().min(1).max(40).optional().describe('Part of a name or of a number.'),
    }),
    responses: { 200: page(contact) },
    handle({ query }) {
      if (query.number !== undefined) {
        const found = crm.find(query.number);
        return done({ items: found === undefined ? [] : [found] });
      }
      if (query.search !== undefined) return done({ items: crm.search(query.search, query.limit) });
      const found = crm.list(query.limit + 1, query.cursor);
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      return done(found.length > query.limit && last !== undefined ? { items, next: last.id } : { items });
    },
  });

  const put = route({
    method: 'post',
    path: '/api/v1/contacts',
    summary: 'Make a contact (201), or update the one these numbers belong to (200)',
    access: 'agent',
    body: contactBody,
    responses: { 201: contact, 200: contact },
    problems: ['contact-conflict', 'bad-number', 'ledger-not-writable'],
    async handle({ body }) {
      const put = await crm.put(body);
      switch (put.type) {
        case 'created':
          return done(put.contact, 201);
        case 'updated':
          return done(put.contact);
        case 'conflict':
          return refuse(makeProblem('contact-conflict', { contacts: put.contacts.join(', ') }, 'numbers'));
        case 'bad-number':
          return refuse(makeProblem('bad-number', {}, `numbers.${put.index}`));
      }
    },
  });
  return [list, put];
}
