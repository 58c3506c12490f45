/** The server as a program: configuration, brain, HTTP; tells on stdout when it listens, and leaves politely on SIGTERM. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../base/clock.ts';
import { goAhead } from '../base/go-ahead.ts';
import type { Logger } from '../base/logger.ts';
import { Scope } from '../base/scope.ts';
import { makeProblem, type Problem, problemLine } from '../protocol/problems/index.ts';
import { advertisedAddress, certificateFiles, type Config, loadConfig, siteFiles, webSocketUrls } from './config.ts';
import { Crm } from './crm/index.ts';
import { adminTokenFrom, createHttp } from './http/index.ts';
import { LedgerError } from './ledger/index.ts';
import { Live } from './live.ts';
import { type Brain, openBrain } from './server.ts';
import { rehearse } from './rehearsal.ts';
import { normalise } from './sip/index.ts';

const root = join(import.meta.dirname, '..');

/** A start that cannot go on; the problem is the one line the admin sees. */
class StartRefused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

function makeLogger(config: Config): Logger {
  // One switch for everything personal: fields under `pii` are dropped unless the admin wants them.
  const redact = config.log.personal ? {} : { redact: { paths: ['pii'], remove: true } };
  return pino(
    { level: config.log.level, base: { part: 'server' }, ...redact },
    pino.destination({ fd: 2, sync: true }),
  );
}

function listen(server: Server, port: number, host: string, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      reject(taken ? new StartRefused(makeProblem('port-taken', { port, purpose: 'the agent page', setting })) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function tlsServer(config: Config, listener: RequestListener): Server {
  const { certificate, key } = certificateFiles(config);
  try {
    return createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, listener);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartRefused(makeProblem('certificate-missing', { reason }, certificate));
  }
}

/** Both addresses of the agent page, with the desk feed on the same ports. */
async function openDoors(config: Config, brain: Brain, scope: Scope) {
  const crm = new Crm({
    contacts: brain.store.contacts,
    normalise: (number) => normalise(number, { country: config.calls.country, areaCode: config.calls.areaCode }),
  });
  const adminToken = adminTokenFrom(join(config.home, 'run', 'admin.token'));
  const http = createHttp(
    { ledger: brain.ledger, store: brain.store, crm, live: new Live(brain), logger: brain.logger, clock: brain.clock },
    {
      ...{ adminToken, softphone: join(root, 'dist', 'softphone'), webCalls: config.webCalls },
      webSockets: Object.values(webSocketUrls(config)),
    },
  );
  scope.defer('http', () => http.close());
  const open = async (server: Server, port: number, setting: string): Promise<number> => {
    server.on('upgrade', (request, socket, head) => {
      if (request.url?.split('?')[0] === '/desk') brain.gateway.upgrade(request, socket, head);
      else socket.destroy();
    });
    const actual = await listen(server, port, config.network.bind, setting);
    scope.defer(setting, () => {
      server.closeAllConnections();
      server.close();
    });
    return actual;
  };
  const secure =
    config.http.tlsPort === 0 ? 0 : await open(tlsServer(config, http.listener), config.http.tlsPort, 'http.tlsPort');
  const plain = await open(createServer(http.listener), config.http.port, 'http.port');
  return { adminToken, plain, secure };
}

async function run(config: Config): Promise<Scope> {
  const logger = makeLogger(config);
  const scope = new Scope();
  const brain = await openBrain(config, systemClock, logger);
  scope.defer('brain', () => brain.close());
  try {
    await brain.start();
    const doors = await openDoors(config, brain, scope);
    const { runFile } = siteFiles(config);
    const url = `http://${advertisedAddress(config)}:${doors.plain}`;
    writeFileSync(runFile, JSON.stringify({ url, token: doors.adminToken, pid: process.pid }), { mode: 0o600 });
    scope.defer('run file', () => rmSync(runFile, { force: true }));
    process.stdout.write(`${JSON.stringify({ type: 'listening', http: doors.plain, https: doors.secure })}\n`);
  } catch (error) {
    await scope.close();
    throw error;
  }
  return scope;
}

function refuse(error: unknown): void {
  if (error instanceof StartRefused) process.stderr.write(`${problemLine(error.problem)}\n`);
  else if (error instanceof LedgerError)
    process.stderr.write(`${problemLine(makeProblem('ledger-not-writable', { reason: error.message }))}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

if (goAhead.held) await rehearse(root);
await goAhead.given;
const config = loadConfig(root);
if (!config.ok) {
  process.stderr.write(`${problemLine(config.error)}\n`);
  process.exit(1);
}
const leaving = Promise.withResolvers<undefined>();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leaving.resolve(undefined));

// The signals are listened to from the first moment: who stops a server that is just starting leaves nothing behind.
run(config.value)
  .then(async (scope) => {
    await leaving.promise;
    await scope.close();
    process.exit(0);
  })
  .catch(refuse);
