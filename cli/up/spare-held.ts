/**
 * Loaded with `--import` into a spare: holds the program back until the supervisor says that its turn has come.
 * Until then `ps` shows it as what it is.
 */
// First: it lets go of the channel, which is to be held here.
import './lifeline.ts';
import { goAhead } from '../../base/go-ahead.ts';
import { isGo } from './spare-messages.ts';

const release = goAhead.hold();
const title = [process.execPath, ...process.execArgv, ...process.argv.slice(1)].join(' ');
process.title = 'jackfield spare, waits';

// While the program waits here, nothing else keeps it alive.
process.channel?.ref();
const heard = (message: unknown): void => {
  if (!isGo(message)) return;
  process.off('message', heard);
  process.channel?.unref();
  process.title = title;
  release();
};
process.on('message', heard);
