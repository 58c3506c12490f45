export { Archive, type ArchiveError, type Sound, soundOf, type Verdict } from './archive.ts';
export { type ConvertError, opusOf, wavOf } from './convert.ts';
export { isExpired, type RecordingFacts, recordingOf, type RecordingRow } from './facts.ts';
export { type Decision, decide, readPolicy, type RecordPolicy } from './policy.ts';
export { type Keyring, readKeys } from '../../media/recording/index.ts';
