export { isOfRecorder } from './session.ts';
export { type RecordedTalk, type RecorderPorts, RecorderSessions } from './sessions.ts';
export type { Party, Talk } from './talk.ts';
