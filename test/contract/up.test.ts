import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portsOf } from '../../cli/up/parts.ts';
import { runningPid } from '../../cli/up/pid-file.ts';

import { takenPorts } from '../../cli/up/ports.ts';
import { ensureCertificates } from '../../certs/folder.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { startProgram } from '../support/programs.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startSite({ deaths: true });
});
afterAll(() => site.stop());

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

/** `jackfield up` for another home; the ports stay those of the running site. */
async function upWith(home: string): Promise<{ readonly code: number; readonly said: string }> {
  const { config } = site;
  const env = {
    ...process.env,
    JACKFIELD_HOME: home,
    JACKFIELD_HTTP_PORT: String(config.http.port),
    JACKFIELD_SIP_PORT: String(config.sip.port),
  };
  const program = startProgram(process.execPath, [main, 'up'], undefined, env);
  const code = await program.exited;
  return { code, said: program.output() };
}

test('a second start in the same home names the process that runs and what to do', async () => {
  const second = await site.command('up');
  expect(second.code).toBe(1);
  const pid = runningPid(join(site.config.home, 'run', 'jackfield.pid'));
  expect(second.stderr).toContain(`process ${pid}`);
  expect(second.stderr).toContain('already-running');
  expect(second.stderr).toContain('已在本目录运行');
});

test('another site on the same ports is refused with the setting to change, and a missing certificate by name', async () => {
  const home = mkdtempSync(join(tmpdir(), 'jackfield-second-'));
  const uncertified = await upWith(home);
  expect(uncertified).toMatchObject({ code: 1, said: expect.stringContaining('certificate-missing') as string });
  await ensureCertificates(join(home, 'certs'), [], Date.now());
  const taken = await upWith(home);
  expect(taken).toMatchObject({ code: 1, said: expect.stringContaining('port-taken') as string });
  expect(taken.said).toContain('sip.port');
  rmSync(home, { recursive: true });
});

test('each part that is killed runs again, and the log says how it ended', async () => {
  for (const part of ['server', 'media', 'sip-engine'] as const) {
    const pid = await site.kill(part);
    await site.untilReady(part, pid);
  }
  await until(() =>
    ['server', 'media node', 'SIP engine'].every((part) => site.output.includes(`The ${part} is running again.`)),
  );
  for (const log of ['server', 'media-node', 'sip-engine'] as const)
    expect(readFileSync(join(site.config.home, 'logs', `${log}.log`), 'utf8')).toContain('"how":"SIGKILL"');
});

test('stopping ends everything in order and frees every port', async () => {
  const ended = await startSite();
  const { config } = ended;
  expect(await ended.stop()).toBe(0);
  expect(await takenPorts(portsOf(config))).toEqual([]);
  expect(ended.output).toContain('Stopping');
});
