/** A site with 50 live extensions, met by Debian's sipvicious: svmap, svwar and svcrack. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ha1sOf, type SipAccount } from '../../server/sip/index.ts';
import { startProgram } from '../support/programs.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { realm, registerPeer, startSide } from '../support/sip/registering.ts';
import { embedded, type Bench, portOf, useBench } from '../support/sip/target.ts';

const extensions = Array.from({ length: 50 }, (_, at) => String(100 + at));
const weak = '117';
/** Another one, for the guess that succeeds: whoever registered from a place is not shut out there. */
const weaker = '118';
const weakPassword = 'dragon';
const passwordOf = (user: string): string =>
  user === weak || user === weaker ? weakPassword : `strong-${user}-password`;
const accounts: readonly SipAccount[] = extensions.map((username) => ({
  username,
  origin: { type: 'agent', agentId: `agent-${username}` },
  device: 'desk',
  ha1s: ha1sOf(username, realm, passwordOf(username)),
}));

/** Fifty phones register and stay; MD5 alone, because sipvicious knows nothing else. */
async function liveSite(bench: Bench): Promise<ReadonlyMap<string, RawPeer>> {
  const { sip } = await startSide(bench.engine, bench.target.secret, accounts, { digest: ['md5'] });
  bench.later(() => sip.close());
  const phones = new Map<string, RawPeer>();
  for (const [at, username] of extensions.entries()) {
    const phone = at % 5 === 0 ? await bench.udp() : await bench.tcp();
    phones.set(username, phone);
    expect((await register(bench, phone, username)).status).toBe(200);
  }
  return phones;
}

async function register(bench: Bench, phone: RawPeer, username: string) {
  const wanted = { username, password: passwordOf(username), algorithm: 'MD5' } as const;
  return (await registerPeer(phone, bench.engine, wanted)).answer;
}

/** Runs one of the tools to its end; resolves with all it printed. */
async function attack(tool: string, ...args: string[]): Promise<string> {
  const program = startProgram(tool, args);
  await program.exited;
  return program.output();
}

const target = (bench: Bench): string[] => ['-p', String(bench.target.udp), '127.0.0.1'];
const numbers = ['-e', '90-160', '--maximumtime=3'];
/** What svwar prints of an extension it found. */
const found = (output: string): string[] => [...output.matchAll(/^\| (\d+)\s+\|/gm)].map(([, number = '']) => number);

async function wordList(bench: Bench, words: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-words-'));
  bench.later(() => rm(folder, { recursive: true }));
  const file = join(folder, 'words.txt');
  await writeFile(file, `${words.join('\n')}\n`);
  return file;
}

describe.runIf(embedded)('sipvicious as it is', () => {
  const bench = useBench();

  it('finds neither the engine nor an extension, and gets to guess no password', { timeout: 120_000 }, async () => {
    await liveSite(bench);
    const words = await wordList(bench, [weakPassword]);
    const [map, war, crack] = await Promise.all([
      attack('svmap', '-p', String(bench.target.udp), '127.0.0.1'),
      attack('svwar', ...numbers, ...target(bench)),
      attack('svcrack', '-u', weak, '-d', words, '--maximumtime=3', ...target(bench)),
    ]);
    expect(map).not.toContain(`127.0.0.1:${String(bench.target.udp)}`);
    expect(found(war)).toEqual([]);
    expect(crack).not.toContain(weakPassword);
    expect(bench.engine.counts().dropped).toBeGreaterThan(2);
  });
});

describe.runIf(embedded)('sipvicious under another name', () => {
  const bench = useBench({ protection: { scanners: [] } });

  it('finds no extension: all numbers are answered alike', { timeout: 120_000 }, async () => {
    await liveSite(bench);
    for (const method of ['REGISTER', 'INVITE', 'OPTIONS']) {
      const output = await attack('svwar', ...numbers, '-m', method, ...target(bench));
      expect([method, found(output)]).toEqual([method, []]);
    }
  });

  it(
    'cracks a password among the first ten (so this test can fail), and none after them',
    { timeout: 120_000 },
    async () => {
      const phones = await liveSite(bench);
      const words = Array.from({ length: 60 }, () => random());
      const guesses = async (user: string, list: readonly string[]): Promise<string> =>
        attack('svcrack', '-u', user, '-d', await wordList(bench, list), '--maximumtime=5', ...target(bench));
      expect(await guesses(weaker, [...words.slice(0, 3), weakPassword])).toContain(weakPassword);
      expect(await guesses(weak, [...words.slice(0, 10), weakPassword, ...words])).not.toContain(weakPassword);
      // Shut to new comers from that source, with the right password even.
      expect((await register(bench, await bench.udp(), weak)).status).toBe(403);
      for (const [username, phone] of phones) {
        expect([username, (await register(bench, phone, username)).status]).toEqual([username, 200]);
        if (phone.wire.protocol === 'TCP') expect([username, await called(bench, phone)]).toEqual([username, 404]);
        // Another phone of theirs, new, behind the same address as the attacker.
        if (username === weak || Number(username) % 7 !== 0) continue;
        expect([username, (await register(bench, await bench.udp(), username)).status]).toEqual([username, 200]);
      }
    },
  );
});

/** The final answer to an INVITE of a registered phone: 404 says that a route was asked, for there is none. */
async function called(bench: Bench, phone: RawPeer): Promise<number> {
  const invite = phone.send('INVITE', portOf(bench.engine, 'tcp'), { body: testSdp });
  const callId = invite.header('Call-ID');
  const answer = await phone.next(({ status, header }) => status >= 200 && header('Call-ID') === callId);
  return answer.status;
}
