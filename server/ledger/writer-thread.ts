/** The writer's thread: one connection, one writer, one flusher of the log. */
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseWriter } from './database-writer.ts';
import { fromSqlite } from './sqlite.ts';
import type { WriterReply, WriterRequest, WriterSettings } from './thread-messages.ts';

const port = parentPort;
if (port === null) throw new Error('the ledger writer runs as a worker thread only');
const reply = (message: WriterReply): void => port.postMessage(message);

try {
  const writer = new DatabaseWriter(workerData as WriterSettings, reply);
  port.on('message', (request: WriterRequest) => {
    if (request.type === 'close') {
      writer.close();
      reply({ type: 'closed' });
      port.close();
    } else writer.serve(request);
  });
  reply({ type: 'ready' });
} catch (cause) {
  const { code, message } = fromSqlite(cause);
  reply({ type: 'not-started', code, message });
  port.close();
}
