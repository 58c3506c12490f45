/** Packages that are only measured: installed by npm into a cache of their own, never into package.json. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Goes with node_modules, so `jackfield uninstall` removes it. */
const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'jackfield-bench');

/** An installed package, or why it is not. */
export type Installed =
  | { readonly ok: true; readonly name: string; readonly version: string; readonly entry: string }
  | { readonly ok: false; readonly name: string; readonly version: string; readonly reason: string };

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command with everything it starts; when the time is over all of it is ended. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    const timer = setTimeout(() => {
      output += `\nnot finished after ${Math.round(limitMs / 1000)} s`;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    const end = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
}

/** What a native build needs of Node: the headers, which the private Node of set-up leaves out. */
async function nodeFolder(limitMs: number): Promise<string | undefined> {
  const own = dirname(dirname(process.execPath));
  if (existsSync(join(own, 'include', 'node', 'common.gypi'))) return own;
  const name = `node-${process.platform}-${process.arch}@${process.versions.node}`;
  const folder = join(cache, name);
  const unpacked = join(folder, 'package');
  if (existsSync(join(unpacked, 'include', 'node', 'common.gypi'))) return unpacked;
  mkdirSync(folder, { recursive: true });
  await run('npm', ['pack', '--silent', name], folder, process.env, limitMs);
  const file = readdirSync(folder).find((each) => each.endsWith('.tgz'));
  if (file === undefined) return undefined;
  await run('tar', ['-xzf', file, 'package/include'], folder, process.env, limitMs);
  rmSync(join(folder, file));
  return existsSync(join(unpacked, 'include', 'node', 'common.gypi')) ? unpacked : undefined;
}

/** The line of npm's output that says most. */
function reasonOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const telling = lines.find((line) => /not finished after|error: |ERR! code|ENOENT|No such file/.test(line));
  return (telling ?? lines.findLast((line) => line !== '') ?? 'npm said nothing').slice(0, 120);
}

async function install(
  name: string,
  version: string,
  nodedir: string | undefined,
  limitMs: number,
): Promise<Installed> {
  const folder = join(cache, `${name.replaceAll('/', '_')}@${version}`);
  const mark = join(folder, 'installed');
  if (!existsSync(mark)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const env = { ...process.env, ...(nodedir === undefined ? {} : { npm_config_nodedir: nodedir }) };
    const args = ['install', '--no-audit', '--no-fund', `${name}@${version}`];
    const { code, output } = await run('npm', args, folder, env, limitMs);
    writeFileSync(join(folder, 'install.log'), output);
    if (code !== 0) return { ok: false, name, version, reason: reasonOf(output) };
    writeFileSync(mark, '');
  }
  return { ok: true, name, version, entry: createRequire(join(folder, 'package.json')).resolve(name) };
}

/** Installs packages (`name@version`), all at the same time, each within `limitMs`; what is installed already is kept. */
export async function installAll(packages: readonly string[], limitMs: number): Promise<readonly Installed[]> {
  const nodedir = await nodeFolder(limitMs);
  return Promise.all(
    packages.map((each) => {
      const at = each.lastIndexOf('@');
      return install(each.slice(0, at), each.slice(at + 1), nodedir, limitMs);
    }),
  );
}
