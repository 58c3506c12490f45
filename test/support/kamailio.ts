/** kamailio (a proxy nobody here wrote) on 127.0.0.1, by UDP and TCP: stateful, record-routing. Debian: kamailio. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, portOpen, type Program, startProgram } from './programs.ts';

export interface KamailioOptions {
  /** Where it sends what is addressed to itself: a SIP URI. */
  readonly behind: string;
  /** The URIs it forks a call to `fork` to, all at once. */
  readonly forks?: readonly string[];
}

function branches(forks: readonly string[]): string {
  const [first, ...more] = forks;
  if (first === undefined) return '';
  return `if ($rU == "fork") {
      $ru = "${first}";
      ${more.map((uri) => `append_branch("${uri}");`).join('\n      ')}
      t_relay();
      exit;
    }`;
}

function configText({ behind, forks = [] }: KamailioOptions, port: number): string {
  const modules = ['tm', 'tmx', 'sl', 'rr', 'pv', 'maxfwd', 'path', 'textops', 'siputils', 'corex', 'xlog'];
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:${String(port)}
listen=tcp:127.0.0.1:${String(port)}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("rr", "enable_double_rr", 1)
request_route {
  xlog("L_NOTICE", "relaying $rm\\n");
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    add_path();
    $du = "${behind}";
    t_relay();
    exit;
  }
  loose_route();
  if (is_method("INVITE|SUBSCRIBE")) record_route();
  if (uri == myself) {
    ${branches(forks)}
    $du = "${behind}";
  }
  t_relay();
}
`;
}

/** A kamailio that runs. */
export interface Kamailio {
  readonly port: number;
  /** Resolves when it has had a request of that method. */
  relayed(method: string): Promise<void>;
  /** Ends it with all its processes; its files go. */
  close(): Promise<void>;
}

/** Starts a kamailio and returns when it listens. Rejects with what it printed when it does not start. */
export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-kamailio-'));
  const port = await freePort();
  await writeFile(join(folder, 'kamailio.cfg'), configText(options, port));
  // -DD: in the foreground, with its workers.
  const args = ['-DD', '-E', '-f', join(folder, 'kamailio.cfg'), '-Y', folder, '-w', folder, '-m', '32', '-M', '4'];
  const program: Program = startProgram('kamailio', args, folder);
  const ended = program.exited.then((code) => {
    throw new Error(`kamailio ended with ${String(code)}:\n${program.output()}`);
  });
  ended.catch(() => undefined);
  await Promise.race([Promise.all([portOpen('udp', port), portOpen('tcp', port)]), ended]);
  return {
    port,
    relayed: (method) => program.printed(new RegExp(`relaying ${method}\\b`)),
    async close() {
      // SIGTERM: the first process ends its workers.
      await program.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
