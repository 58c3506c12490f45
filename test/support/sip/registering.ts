/** The SIP side of a server on an engine of its own, and peers that register with it by hand. */
import { createHash } from 'node:crypto';
import { systemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import type { Engine } from '../../../server/sip-engine/index.ts';
import {
  type Binding,
  type DeviceSettings,
  ha1sOf,
  type LegEvent,
  type Remembered,
  type SipAccount,
  SipSide,
  usualDeviceSettings,
} from '../../../server/sip/index.ts';
import { random, type RawPeer } from './raw-peer.ts';
import type { RawMessage } from './raw-message.ts';
import { portOf } from './target.ts';
import { noTrunks } from './server-side.ts';

export const realm = 'jackfield.local';

/** An account of these tests; the password is the user name twice. */
export function testAccount(username: string, agentId: string, name = 'desk'): SipAccount {
  return {
    username,
    origin: { type: 'agent', agentId },
    device: name,
    ha1s: ha1sOf(username, realm, username.repeat(2)),
  };
}

export interface TestSide {
  readonly sip: SipSide;
  /** What was told of each agent last. */
  readonly registered: Map<string, readonly Binding[]>;
  /** Resolves with the next event of that type, which is taken. */
  event(type: LegEvent['type']): Promise<LegEvent>;
  /** Resolves when an agent's devices are so. */
  until(agentId: string, holds: (bindings: readonly Binding[]) => boolean): Promise<readonly Binding[]>;
}

/** Starts a SIP side. `accounts` may grow later. */
export async function startSide(
  engine: Pick<Engine, 'ports'>,
  secret: string,
  accounts: readonly SipAccount[],
  settings: Partial<DeviceSettings> = {},
  remembered: Remembered = { dialogs: [], bindings: [] },
): Promise<TestSide> {
  const registered = new Map<string, readonly Binding[]>();
  const legEvents: LegEvent[] = [];
  const waiting = new Set<() => void>();
  const host = '127.0.0.1';
  const { link } = engine.ports;
  if (link === undefined) throw new Error('the engine has no link');
  let connected = (): void => undefined;
  const up = new Promise<void>((resolve) => (connected = resolve));
  // As the server does it: how long it takes does not depend on which account is asked for.
  let known = new Map<string, SipAccount>();
  const byName = (): ReadonlyMap<string, SipAccount> => {
    if (known.size !== accounts.length) known = new Map(accounts.map((account) => [account.username, account]));
    return known;
  };
  const sip = new SipSide(
    {
      engine: { host, port: engine.ports.admin, secret },
      link: { host, port: link },
      ...{ realm, clock: systemClock, logger: silentLogger, home: { country: 'CN', areaCode: '531' } },
      newCallId: () => random(),
      key: Buffer.alloc(32, 7),
      trunks: noTrunks,
      accountOf: (username) => byName().get(username),
      devices: { ...usualDeviceSettings, pingEveryInSeconds: 0, shortestInSeconds: 10, ...settings },
      returnMs: 30_000,
    },
    {
      invited: () => ({ status: 404, reason: 'Not Found' }),
      legEvent: (event) => {
        legEvents.push(event);
        for (const look of [...waiting]) look();
      },
      dialogChanged: () => undefined,
      registrationChanged: (agentId, bindings) => {
        registered.set(agentId, bindings);
        for (const look of [...waiting]) look();
      },
      trunkEvent: () => undefined,
      consultingCall: () => undefined,
      mayReplace: () => false,
      strangerRefused: () => undefined,
      engineChanged: (isConnected) => {
        if (isConnected) connected();
      },
    },
  );
  await sip.start(remembered);
  await up;
  const until = (agentId: string, holds: (bindings: readonly Binding[]) => boolean) =>
    new Promise<readonly Binding[]>((resolve) => {
      const look = (): void => {
        const bindings = registered.get(agentId) ?? [];
        if (!holds(bindings)) return;
        waiting.delete(look);
        resolve(bindings);
      };
      waiting.add(look);
      look();
    });
  const event = (type: LegEvent['type']) =>
    new Promise<LegEvent>((resolve) => {
      const look = (): void => {
        const at = legEvents.findIndex((each) => each.type === type);
        const [found] = at < 0 ? [] : legEvents.splice(at, 1);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { sip, registered, event, until };
}

const hashes = { 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256', MD5: 'md5' } as const;
export type WireAlgorithm = keyof typeof hashes;

/** The parameters of a challenge, read without the product's code. */
export function challengeOf(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/(\w+)="?([^",]+)"?/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** The Authorization header that answers a challenge for a REGISTER, made without the product's code. */
export function authorization(
  header: string,
  username: string,
  password: string,
  algorithm: WireAlgorithm,
  nc = '00000001',
): string {
  const { realm: told = '', nonce = '' } = challengeOf(header);
  const hash = (text: string): string => createHash(hashes[algorithm]).update(text).digest('hex');
  const uri = `sip:${told}`;
  const [ha1, ha2] = [hash(`${username}:${told}:${password}`), hash(`REGISTER:${uri}`)];
  const response = hash(`${ha1}:${nonce}:${nc}:c1:auth:${ha2}`);
  return (
    `Authorization: Digest username="${username}", realm="${told}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}, cnonce="c1", qop=auth, nc=${nc}`
  );
}

export interface Wanted {
  readonly username: string;
  readonly password?: string;
  /** User part of To; the user name unless given. */
  readonly record?: string;
  readonly algorithm?: WireAlgorithm;
  readonly contact?: string;
  readonly expires?: number;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: readonly string[];
}

/** Registers a peer: REGISTER, the challenge, REGISTER again. Resolves with the second answer, and the challenges. */
export async function registerPeer(
  peer: RawPeer,
  engine: Pick<Engine, 'ports'>,
  wanted: Wanted,
): Promise<{ readonly answer: RawMessage; readonly challenges: readonly string[] }> {
  const { username, record = username, contact, expires = 300, callId = random(), cseq = 1 } = wanted;
  const port = peer.wire.protocol.startsWith('W') ? 0 : portOf(engine, peer.wire.protocol.toLowerCase());
  const to = `<sip:${record}@${realm}>`;
  const send = (number: number, more: readonly string[]): RawMessage =>
    peer.send('REGISTER', port, {
      ...{ uri: `sip:${realm}`, to, from: `${to};tag=${random()}`, callId, cseq: number },
      ...(contact === undefined ? {} : { contact: contact === '*' ? null : contact }),
      headers: [
        ...(contact === '*' ? ['Contact: *'] : []),
        `Expires: ${String(expires)}`,
        ...(wanted.headers ?? []),
        ...more,
      ],
    });
  const answered = (request: RawMessage): Promise<RawMessage> =>
    peer.next((message) => message.method === undefined && message.header('Via').includes(branchOf(request)));
  const first = await answered(send(cseq, []));
  const challenges = first.headers('WWW-Authenticate');
  const algorithm = wanted.algorithm ?? 'SHA-256';
  const challenge = challenges.find((each) => each.includes(`algorithm=${algorithm},`)) ?? challenges[0] ?? '';
  const proof = authorization(challenge, username, wanted.password ?? username.repeat(2), algorithm);
  return { answer: await answered(send(cseq + 1, [proof])), challenges };
}

function branchOf(request: RawMessage): string {
  return /branch=([^;]+)/.exec(request.header('Via'))?.[1] ?? '';
}
