/**
 * What RFC 4475 and RFC 5118 say should become of each of their messages, written down from the RFCs before the parser
 * was looked at. The receiver is a user agent server without dialogs or open transactions, with an app that takes what
 * it is given.
 *
 * - `accepted`: well-formed; the app gets it.
 * - a number: the engine answers with that status by itself.
 * - `unmatched`: a well-formed response nobody waits for: read, counted, and no more (RFC 3261 section 18.1.2).
 * - `dropped`: cannot be read and cannot be answered.
 */
export type Verdict = 'accepted' | 'unmatched' | 'dropped' | number;

/** Over a stream a wrong length is a framing matter: `waits` for bytes that never come, or is answered and `closed`. */
export type StreamVerdict = 'waits' | 'closed';

export interface Row {
  readonly name: string;
  readonly section: string;
  readonly verdict: Verdict;
  readonly why: string;
  /** Where it is another one over TCP. */
  readonly stream?: StreamVerdict;
  /** Where the answer goes over UDP, when the topmost Via names another port than 5060. */
  readonly port?: number;
}

const sdpLength = 'the RFC prints a Content-Length that fits its body neither with LF nor CRLF; ours is right';

/** RFC 4475. */
export const rfc4475: readonly Row[] = [
  {
    name: 'wsinv',
    section: '3.1.1.1',
    verdict: 481,
    why: 'well-formed; its To has a tag of no dialog (RFC 3261 12.2.2)',
  },
  { name: 'intmeth', section: '3.1.1.2', verdict: 501, why: 'well-formed; endpoints answer 501 with Allow' },
  { name: 'esc01', section: '3.1.1.3', verdict: 'accepted', why: 'escapes where they are allowed' },
  { name: 'escnull', section: '3.1.1.4', verdict: 'accepted', why: 'escaped nulls are characters like others' },
  { name: 'esc02', section: '3.1.1.5', verdict: 501, why: 'a percent sign in a method is no escape: unknown method' },
  { name: 'lwsdisp', section: '3.1.1.6', verdict: 'accepted', why: 'no blank is needed before the bracket' },
  { name: 'longreq', section: '3.1.1.7', verdict: 'accepted', why: 'long values, 34 Vias, no magic cookie' },
  { name: 'dblreq', section: '3.1.1.8', verdict: 'accepted', why: 'what follows the body in a datagram is ignored' },
  { name: 'semiuri', section: '3.1.1.9', verdict: 'accepted', why: 'a semicolon may stand in a user part' },
  { name: 'transports', section: '3.1.1.10', verdict: 'accepted', why: 'any token is a transport' },
  { name: 'mpart01', section: '3.1.1.11', verdict: 'accepted', why: 'a body is bytes, nulls included', port: 5070 },
  { name: 'unreason', section: '3.1.1.12', verdict: 'unmatched', why: 'a reason phrase may be UTF-8' },
  { name: 'noreason', section: '3.1.1.13', verdict: 'unmatched', why: 'a reason phrase may be empty' },
  {
    name: 'badinv01',
    section: '3.1.2.1',
    verdict: 400,
    why: 'separators with nothing between them in Via and Contact',
  },
  { name: 'clerr', section: '3.1.2.2', verdict: 400, why: 'Content-Length beyond the datagram', stream: 'waits' },
  { name: 'ncl', section: '3.1.2.3', verdict: 400, why: 'a negative Content-Length', stream: 'closed' },
  {
    name: 'scalar02',
    section: '3.1.2.4',
    verdict: 400,
    why: 'CSeq beyond 2^32; the other large numbers alone would not do',
  },
  { name: 'scalarlg', section: '3.1.2.5', verdict: 'dropped', why: 'a response with such a CSeq is discarded' },
  { name: 'quotbal', section: '3.1.2.6', verdict: 400, why: 'a quote without its end', port: 5050 },
  { name: 'ltgtruri', section: '3.1.2.7', verdict: 400, why: 'brackets around a Request-URI' },
  { name: 'lwsruri', section: '3.1.2.8', verdict: 400, why: 'a blank in a Request-URI' },
  { name: 'lwsstart', section: '3.1.2.9', verdict: 400, why: 'two blanks in the start line may be refused' },
  { name: 'trws', section: '3.1.2.10', verdict: 400, why: 'blanks at the end of the start line may be refused' },
  {
    name: 'escruri',
    section: '3.1.2.11',
    verdict: 400,
    why: 'headers in a Request-URI may be refused, and must not become headers',
  },
  {
    name: 'baddate',
    section: '3.1.2.12',
    verdict: 'accepted',
    why: 'nobody here uses the Date, so its zone is not looked at',
  },
  { name: 'regbadct', section: '3.1.2.13', verdict: 400, why: 'a Contact with a question mark needs brackets' },
  { name: 'badaspec', section: '3.1.2.14', verdict: 400, why: 'blanks inside the brackets' },
  { name: 'baddn', section: '3.1.2.15', verdict: 400, why: 'a comma in an unquoted display name' },
  { name: 'badvers', section: '3.1.2.16', verdict: 505, why: 'SIP/7.0' },
  { name: 'mismatch01', section: '3.1.2.17', verdict: 400, why: 'CSeq names another method' },
  {
    name: 'mismatch02',
    section: '3.1.2.18',
    verdict: 501,
    why: 'the same with an unknown method: 501 is the better answer',
  },
  { name: 'bigcode', section: '3.1.2.19', verdict: 'dropped', why: 'no such status' },
  {
    name: 'badbranch',
    section: '3.2.1',
    verdict: 'accepted',
    why: 'a bare magic cookie: falls back to the matching of RFC 2543',
  },
  { name: 'insuf', section: '3.3.1', verdict: 400, why: 'no From, To, Call-ID' },
  { name: 'unkscm', section: '3.3.2', verdict: 416, why: 'a Request-URI of an unknown scheme' },
  { name: 'novelsc', section: '3.3.3', verdict: 416, why: 'a known scheme that is none of SIP' },
  {
    name: 'unksm2',
    section: '3.3.4',
    verdict: 'accepted',
    why: 'any URI may stand in From and To; the registrar refuses it',
  },
  { name: 'bext01', section: '3.3.5', verdict: 420, why: 'Require names what nobody supports; listed in Unsupported' },
  { name: 'invut', section: '3.3.6', verdict: 'accepted', why: 'the app judges bodies, with 415 and Accept' },
  { name: 'regaut01', section: '3.3.7', verdict: 'accepted', why: 'the app judges credentials' },
  {
    name: 'multi01',
    section: '3.3.8',
    verdict: 400,
    why: 'two of what there may be one; two bytes short too',
    stream: 'waits',
  },
  { name: 'mcl01', section: '3.3.9', verdict: 400, why: 'two lengths that disagree', stream: 'closed' },
  { name: 'bcast', section: '3.3.10', verdict: 'unmatched', why: 'well-formed; never forwarded' },
  { name: 'zeromf', section: '3.3.11', verdict: 'accepted', why: 'the end of the way may be reached with none left' },
  {
    name: 'cparam01',
    section: '3.3.12',
    verdict: 'accepted',
    why: 'without brackets the parameter is the Contact header’s',
  },
  { name: 'cparam02', section: '3.3.13', verdict: 'accepted', why: 'inside brackets it is the URI’s' },
  { name: 'regescrt', section: '3.3.14', verdict: 'accepted', why: 'inside brackets a question mark is allowed' },
  { name: 'sdp01', section: '3.3.15', verdict: 'accepted', why: 'the app judges what it can answer with' },
  {
    name: 'inv2543',
    section: '3.4.1',
    verdict: 'accepted',
    why: 'RFC 2543 had no branch, tag, Contact, length',
    stream: 'closed',
  },
];

/** RFC 5118. */
export const rfc5118: readonly Row[] = [
  { name: 'ipv6-good', section: '4.1', verdict: 'accepted', why: 'references in brackets everywhere' },
  { name: 'ipv6-bad', section: '4.2', verdict: 400, why: 'an address without brackets in the Request-URI' },
  { name: 'port-ambiguous', section: '4.3', verdict: 'accepted', why: 'well-formed: all of it is the address' },
  { name: 'port-unambiguous', section: '4.4', verdict: 'accepted', why: 'a port after the bracket' },
  {
    name: 'via-received-param-with-delim',
    section: '4.5',
    verdict: 481,
    why: 'brackets in received are tolerated; a BYE of no dialog',
  },
  { name: 'via-received-param-no-delim', section: '4.5', verdict: 'accepted', why: 'none are needed there' },
  { name: 'ipv6-in-sdp', section: '4.6', verdict: 'accepted', why: `no brackets in SDP; ${sdpLength}` },
  {
    name: 'mult-ip-in-header',
    section: '4.7',
    verdict: 481,
    why: 'both families in Via; a BYE of no dialog',
    port: 6050,
  },
  { name: 'mult-ip-in-sdp', section: '4.8', verdict: 'accepted', why: `a connection line a medium; ${sdpLength}` },
  {
    name: 'ipv4-mapped-ipv6',
    section: '4.9',
    verdict: 'accepted',
    why: `mapped addresses; ${sdpLength}`,
    port: 19_823,
  },
  { name: 'ipv6-bug-abnf-3-colons', section: '4.10', verdict: 'accepted', why: 'an old grammar allowed it: tolerated' },
  { name: 'ipv6-correct-abnf-2-colons', section: '4.10', verdict: 'accepted', why: 'as it should be' },
];
