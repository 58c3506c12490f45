export { Archive, type ArchiveError, type Verdict } from './archive.ts';
export { type ConvertError, opusOf, wavOf } from './convert.ts';
export { type ConversionOptions, Conversions } from './conversions.ts';
export { isExpired, type RecordingFacts, recordingOf, type RecordingRow } from './facts.ts';
export { Keeping, type KeepingOptions } from './keeping.ts';
export type { RecordingLedger } from './ports.ts';
export { type Decision, decide, readPolicy, type RecordPolicy } from './policy.ts';
export { type Keyring, readKeys } from '../../media/recording/index.ts';
export { type Sound, soundOf } from './sound.ts';
