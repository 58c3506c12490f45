export { Chunker, type Mark, type StereoFrame } from './chunker.ts';
export { extension, GrowingFile, OpenFile, recordingPath } from './file.ts';
export { type Keyring, readKeys, type RecordingKey, recordingKey } from './keys.ts';
export { bothSides, wavBytes, wavHeadOf, wavPlace, wavSize } from './player.ts';
export {
  type Bytes,
  bytesOf,
  type Damage,
  type PartHead,
  readRecord,
  readSealed,
  type Sealed,
  Sealer,
} from './sealed.ts';
export { type Frame, FrameReader, type FrameShape } from './film/index.ts';
export { type PictureIn, PictureTracks } from './picture-tracks.ts';
export {
  type Gap,
  channelsOf,
  ownChannels,
  type Piece,
  type PictureStretch,
  readTimeline,
  readTimelineGently,
  type Stretch,
  type Timeline,
  type Unreadable,
  type VoiceStretch,
} from './timeline.ts';
export * from './track.ts';
export { failureOf, type Finished, type Recorded, type RecordFailure, RecordingWriter } from './writer.ts';
export { type FromRecorder, RecorderSession, type ToRecorder } from './session.ts';
