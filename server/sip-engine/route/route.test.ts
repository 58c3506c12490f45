import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRoute } from './route-option.ts';
import { readVerdict } from './verdict.ts';

describe('readRoute', () => {
  it.each([
    [
      'INVITE=tcp://10.0.0.1:3000',
      { method: 'INVITE', target: { type: 'app', place: { host: '10.0.0.1', port: 3000, secure: false } } },
    ],
    [
      'invite=tls://[::1]:3000',
      { method: 'INVITE', target: { type: 'app', place: { host: '::1', port: 3000, secure: true } } },
    ],
    [
      '*=https://a.example/ask?k=1',
      { method: '*', target: { type: 'question', url: 'https://a.example/ask?k=1', post: false } },
    ],
    [
      'MESSAGE=POST http://a.example',
      { method: 'MESSAGE', target: { type: 'question', url: 'http://a.example', post: true } },
    ],
    [
      'INVITE=sip:10.0.0.1:5070;transport=tcp',
      { method: 'INVITE', target: { type: 'proxy', uri: 'sip:10.0.0.1:5070;transport=tcp' } },
    ],
  ])('reads %s', (text, route) => {
    expect(readRoute(text)).toEqual(route);
  });

  it.each([
    'INVITE',
    '=tcp://a:1',
    'INVITE=tcp://a',
    'INVITE=ftp://a',
    'INVITE=http://',
    'INVITE=POST tcp://a:1',
    'INVITE=POST sip:a',
    'INVITE=sip:',
    'A B=tcp://a:1',
  ])('refuses %j', (text) => {
    expect(readRoute(text)).toBeUndefined();
  });
});

describe('readVerdict', () => {
  it.each([
    [
      { action: 'reject', data: { status: 486, reason: 'Later' } },
      { type: 'reject', status: 486, reason: 'Later' },
    ],
    [
      { action: 'redirect', data: { contact: 'sip:a@b' } },
      { type: 'redirect', contacts: ['<sip:a@b>'] },
    ],
    [
      { action: 'redirect', data: { contact: ['a@b', '<sip:c@d>;q=0.5'] } },
      { type: 'redirect', contacts: ['<sip:a@b>', '<sip:c@d>;q=0.5'] },
    ],
    [
      {
        action: 'proxy',
        data: { destination: ['10.0.0.1', 'sip:b'], recordRoute: true, simultaneous: true, provisionalTimeout: '2s' },
      },
      {
        type: 'proxy',
        wishes: {
          remainInDialog: true,
          followRedirects: false,
          simultaneous: true,
          provisionalTimeout: 2000,
          finalTimeout: undefined,
          destinations: ['sip:10.0.0.1', 'sip:b'],
        },
      },
    ],
    [
      { action: 'route', data: { uri: '10.0.0.1:3000;transport=tls' } },
      { type: 'dial', place: { host: '10.0.0.1', port: 3000, secure: true } },
    ],
    [
      { action: 'route', data: { tag: 'blue' } },
      { type: 'tag', tag: 'blue' },
    ],
  ])('reads %j', (answer, verdict) => {
    expect(readVerdict(JSON.stringify(answer))).toEqual(verdict);
  });

  it.each([
    'no json',
    '[]',
    'null',
    '{"action":"dance","data":{}}',
    '{"action":"reject","data":{"status":200}}',
    '{"action":"reject","data":{"status":"486"}}',
    '{"action":"redirect","data":{}}',
    '{"action":"redirect","data":{"contact":"sip:a\\r\\nEvil: 1"}}',
    '{"action":"proxy","data":{"destination":[]}}',
    '{"action":"proxy","data":{"destination":["sip:a",3]}}',
    '{"action":"route","data":{"uri":"nowhere"}}',
    '{"action":"route","data":{}}',
    '{"action":"route"}',
  ])('makes nothing of %s', (json) => {
    expect(readVerdict(json)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.json(), (json) => void readVerdict(json)));
    fc.assert(fc.property(fc.string(), (json) => void readVerdict(json)));
  });
});
