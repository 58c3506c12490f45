import { describe, expect, it } from 'vitest';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { LoginResult } from '../../../protocol/rest.ts';
import { RestClient } from './rest-client.ts';
import { forgetLogin, savedLogin, saveLogin } from './saved-login.ts';

const sip = { aor: 'sip:a@b', username: 'a', password: 'p', realm: 'b', webSocketUrl: 'ws://b', expiresAt: 9 };
const login: LoginResult = { token: 't', expiresAt: 100, agent: { id: 'anna', name: 'Anna' }, deskPath: '/desk', sip };

function answering(status: number, body: string) {
  const asked: { url: string; init: RequestInit }[] = [];
  const client = new RestClient('http://desk.example', (url, init) => {
    asked.push({ url, init });
    return Promise.resolve(new Response(body, { status }));
  });
  return { client, asked };
}

describe('the requests of the softphone', () => {
  it('log in', async () => {
    const { client, asked } = answering(200, JSON.stringify(login));
    expect(await client.login('anna', 'secret')).toEqual({ ok: true, value: login });
    expect(asked[0]?.url).toBe('http://desk.example/api/v1/login');
    expect(asked[0]?.init.body).toBe('{"name":"anna","password":"secret"}');
  });

  it('renew SIP credentials with the token', async () => {
    const { client, asked } = answering(200, JSON.stringify(sip));
    expect(await client.renewSipCredentials('t')).toEqual({ ok: true, value: sip });
    expect(asked[0]?.init.headers).toMatchObject({ authorization: 'Bearer t' });
  });

  it.each([
    ['a problem of the server', 401, JSON.stringify(makeProblem('wrong-credentials')), 'wrong-credentials'],
    ['an error page', 502, '<html>', 'unexpected-answer'],
    ['an answer of another version', 200, '{}', 'unexpected-answer'],
  ])('hand on %s', async (_name, status, body, code) => {
    expect(await answering(status, body).client.login('a', 'b')).toMatchObject({ ok: false, error: { code } });
  });

  it('say that nobody answered', async () => {
    const client = new RestClient('http://desk.example', () => Promise.reject(new TypeError('failed to fetch')));
    expect(await client.login('a', 'b')).toMatchObject({ ok: false, error: { code: 'server-unreachable' } });
  });
});

describe('the login kept for a reload', () => {
  function storage(initial: Record<string, string> = {}) {
    const kept = new Map(Object.entries(initial));
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
      kept,
    };
  }

  it('comes back until it ends or is forgotten', () => {
    const tab = storage();
    saveLogin(tab, login);
    expect(savedLogin(tab, 99)).toEqual(login);
    expect(savedLogin(tab, 100)).toBeUndefined();
    expect(tab.kept.size).toBe(0);
    saveLogin(tab, login);
    forgetLogin(tab);
    expect(savedLogin(tab, 0)).toBeUndefined();
  });

  it('is dropped where it cannot be read', () => {
    expect(savedLogin(storage({ 'jackfield.login': '{' }), 0)).toBeUndefined();
    expect(savedLogin(storage({ 'jackfield.login': '{}' }), 0)).toBeUndefined();
  });
});
