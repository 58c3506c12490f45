/** `jackfield lan ADDRESS`: makes the site reachable for other machines, with a certificate for that address. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ensureCertificates } from '../certs/folder.ts';
import { makeProblem, problemLine, type Problem } from '../protocol/problems/index.ts';
import { loadConfig, type Config } from '../server/config.ts';
import { withAddress } from './lan/settings.ts';
import { lanSteps, type LanFacts } from './lan/steps.ts';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map((entry) => entry.address).filter((address) => isIPv4(address)),
  );
}

function firewallPorts(config: Config): readonly string[] {
  const { http, sip, media } = config;
  const ports = [
    `${http.tlsPort}/tcp`,
    `${sip.secureWebSocketPort}/tcp`,
    `${media.webrtcPort}/udp`,
    `${media.webrtcPort}/tcp`,
    `${sip.port}/udp`,
    `${sip.port}/tcp`,
    `${sip.tlsPort}/tcp`,
    `${media.rtpPorts.replace('-', ':')}/udp`,
  ];
  return ports.filter((port) => !port.startsWith('0/'));
}

/** Writes the address into the configuration and makes its certificate. Fails with a problem before anything is changed. */
export async function setAddress(
  folder: string,
  address: string,
  environment: NodeJS.ProcessEnv,
  now: number,
): Promise<{ readonly ok: true; readonly value: LanFacts } | { readonly ok: false; readonly error: Problem }> {
  const known = ownAddresses();
  if (!known.includes(address))
    return { ok: false, error: makeProblem('address-unknown', { address, known: known.join(', ') }) };
  const file = resolve(folder, environment['JACKFIELD_CONFIG'] ?? 'jackfield.yaml');
  const changed = withAddress(existsSync(file) ? readFileSync(file, 'utf8') : '', address);
  if (!changed.ok) return { ok: false, error: makeProblem('config-unreadable', { reason: changed.reason }, file) };
  const before = loadConfig(folder, environment);
  if (!before.ok) return before;
  const made = await ensureCertificates(join(before.value.home, 'certs'), [address], now);
  writeFileSync(`${file}.new`, changed.text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
  return {
    ok: true,
    value: {
      address,
      page: `https://${address}:${before.value.http.tlsPort}/`,
      authority: made.authority,
      fingerprint: new X509Certificate(readFileSync(made.authority)).fingerprint256,
      ports: firewallPorts(before.value),
    },
  };
}

/** Adds the command to `program`. */
export function register(program: Command): void {
  program
    .command('lan')
    .argument('<address>', 'an IPv4 address of this machine / 本机的 IPv4 地址')
    .option('--json', 'print facts as JSON / 以 JSON 输出')
    .description('make the site reachable for other machines, with a certificate / 向局域网开放本站点')
    .action(async (address: string, options: { readonly json?: boolean }) => {
      const done = await setAddress(root, address, process.env, Date.now());
      if (!done.ok) {
        console.error(problemLine(done.error));
        console.error(`${done.error.titleZh}${done.error.detailZh}`);
        process.exitCode = 1;
        return;
      }
      const steps = lanSteps(done.value);
      console.log(
        options.json === true ? JSON.stringify(done.value) : `${steps.en}\n\n${'-'.repeat(60)}\n\n${steps.zh}`,
      );
    });
}
