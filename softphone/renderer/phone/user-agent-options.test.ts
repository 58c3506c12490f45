import { describe, expect, it } from 'vitest';
import { engineAddress } from './user-agent-options.ts';

const credentials = {
  aor: 'sip:alice@site',
  username: 'alice',
  password: 'x',
  realm: 'site',
  webSocketUrl: 'ws://site:5066',
  expiresAt: 0,
};
const both = { ...credentials, secureWebSocketUrl: 'wss://site:5067' };

describe('where the engine is reached', () => {
  it.each([
    ['a page on http', both, 'http:', 'ws://site:5066'],
    ['a page on https', both, 'https:', 'wss://site:5067'],
    ['the desktop program', both, 'file:', 'ws://site:5066'],
    ['a server that offers one address', credentials, 'https:', 'ws://site:5066'],
  ])('depends on %s', (_page, given, protocol, address) => {
    expect(engineAddress(given, protocol)).toBe(address);
  });
});
