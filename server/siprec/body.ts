/** The body of an INVITE to a recorder: description and metadata (RFC 7866 section 9.1, RFC 2046 section 5.1). Pure. */

export interface RecordingBody {
  readonly type: string;
  readonly text: string;
}

/** `mark`: letters and digits that stand in neither part. */
export function bodyOf(sdp: string, metadata: string, mark: string): RecordingBody {
  const part = (type: string, disposition: string, content: string): string =>
    `--${mark}\r\nContent-Type: ${type}\r\n${disposition}\r\n${content.replace(/\r?\n/g, '\r\n')}\r\n`;
  const text =
    part('application/sdp', '', sdp) +
    part('application/rs-metadata+xml', 'Content-Disposition: recording-session\r\n', metadata) +
    `--${mark}--\r\n`;
  return { type: `multipart/mixed;boundary=${mark}`, text };
}
