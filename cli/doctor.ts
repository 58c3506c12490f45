/** `jackfield doctor`: looks at everything a site needs and says what is wrong and what to do. Changes nothing. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { fetch } from 'undici';
import { z } from 'zod';
import { problemLine, type Bilingual } from '../protocol/problems/index.ts';
import { advertisedAddress, loadConfig, type Config } from '../server/config.ts';
import { portsOf } from './up/parts.ts';
import { runningPid } from './up/pid-file.ts';
import { takenPorts } from './up/ports.ts';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const leastFreeBytes = 1e9;

/** One line of the report. */
export interface Finding {
  readonly name: Bilingual;
  readonly ok: boolean;
  readonly detail: string;
}

const setupReport = z.array(
  z.object({ name: z.object({ en: z.string(), zh: z.string() }), ok: z.boolean(), detail: z.string() }),
);

async function setupFindings(): Promise<readonly Finding[]> {
  const script = join(root, 'scripts', 'doctor.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: root });
  return setupReport.parse(JSON.parse(stdout)).map((finding) => ({
    ...finding,
    detail: finding.ok ? finding.detail : [finding.detail, 'npm start'].filter((text) => text !== '').join(' - '),
  }));
}

async function diskFinding(config: Config): Promise<Finding> {
  const name = { en: 'Free disk space', zh: '磁盘剩余空间' };
  const { bavail, bsize } = await statfs(config.root);
  return { name, ok: bavail * bsize > leastFreeBytes, detail: `${((bavail * bsize) / 1e9).toFixed(1)} GB` };
}

async function runningFinding(config: Config, pid: number): Promise<Finding> {
  const name = { en: 'Running site', zh: '站点运行状态' };
  const url = `http://${advertisedAddress(config)}:${config.http.port}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(3000) });
    return { name, ok: answer.ok, detail: `process ${pid}, ${url}: ${answer.status}` };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: `process ${pid}, ${url}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function portFindings(config: Config): Promise<readonly Finding[]> {
  const name = { en: 'Ports', zh: '端口' };
  const taken = await takenPorts(portsOf(config));
  if (taken.length === 0) return [{ name, ok: true, detail: `${portsOf(config).length} free` }];
  return taken.map((problem) => ({ name, ok: false, detail: problemLine(problem) }));
}

/** Looks at set-up, configuration, disk, and the running site or the ports it would take. */
export async function examine(): Promise<readonly Finding[]> {
  const findings = [...(await setupFindings())];
  const name = { en: 'Configuration', zh: '配置' };
  const config = loadConfig(root);
  if (!config.ok) return [...findings, { name, ok: false, detail: problemLine(config.error) }];
  const pid = runningPid(join(config.value.home, 'run', 'jackfield.pid'));
  return [
    ...findings,
    { name, ok: true, detail: config.value.home },
    await diskFinding(config.value),
    ...(pid === undefined ? await portFindings(config.value) : [await runningFinding(config.value, pid)]),
  ];
}

/** Adds the command to `program`. */
export function register(program: Command): void {
  program
    .command('doctor')
    .description('check everything a site needs / 检查运行环境')
    .option('--json', 'as JSON / 以 JSON 输出')
    .action(async (options: { readonly json?: boolean }) => {
      const findings = await examine();
      if (options.json === true) console.log(JSON.stringify(findings, null, 2));
      else
        for (const { name, ok, detail } of findings)
          console.log(`${ok ? 'ok     ' : 'WRONG  '} ${name.en} / ${name.zh}${detail === '' ? '' : `: ${detail}`}`);
      if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
    });
}
