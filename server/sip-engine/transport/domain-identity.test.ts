import { describe, expect, it } from 'vitest';
import { domainIdentities, domainMismatch } from './domain-identity.ts';

const named = (subjectaltname: string | undefined, CN = 'cn.example') => ({ subjectaltname, subject: { CN } });

describe('domainIdentities, RFC 5922 section 7.1', () => {
  it.each([
    ['sip URIs before DNS names', 'DNS:host.example, URI:sip:example.com', ['example.com']],
    ['URIs of other schemes are none', 'URI:sips:a.example, URI:https://b.example, DNS:host.example', ['host.example']],
    ['a URI with a user is none', 'URI:sip:bob@example.com, DNS:host.example', ['host.example']],
    ['names in any case', 'DNS:Host.Example', ['host.example']],
    ['the common name only without alternative names', undefined, ['cn.example']],
    ['no common name beside an address', 'IP Address:192.0.2.1', []],
    [
      'a quoted value with commas is one value',
      'DNS:"a, DNS:evil.example", DNS:b.example',
      ['a, dns:evil.example', 'b.example'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(domainIdentities(named(text))).toEqual(expected);
  });
});

describe('domainMismatch, RFC 5922 section 7.2', () => {
  it.each([
    ['example.com', 'URI:sip:example.com', true],
    ['EXAMPLE.com', 'URI:sip:example.com', true],
    ['host.example', 'URI:sip:example.com, DNS:host.example', false],
    ['sip.example.com', 'DNS:*.example.com', false],
    ['evil-example.com', 'DNS:example.com', false],
    ['192.0.2.1', 'IP Address:192.0.2.1', true],
    ['192.0.2.2', 'IP Address:192.0.2.1', false],
    ['192.0.2.1', 'DNS:192.0.2.1', false],
    ['::1', 'IP Address:0:0:0:0:0:0:0:1', true],
  ])('%s against %s', (domain, text, fits) => {
    expect(domainMismatch(domain, named(text)) === undefined).toBe(fits);
  });

  it('lets a star stand for one label only when told to', () => {
    expect(domainMismatch('sip.example.com', named('DNS:*.example.com'), true)).toBeUndefined();
    expect(domainMismatch('a.sip.example.com', named('DNS:*.example.com'), true)).toBeDefined();
    expect(domainMismatch('example.com', named('DNS:*.example.com'), true)).toBeDefined();
  });

  it('says whom the certificate is for', () => {
    expect(domainMismatch('a.example', named('DNS:b.example'))).toContain('b.example');
  });
});
