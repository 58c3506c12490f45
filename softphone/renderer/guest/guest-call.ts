/** One call of a guest: microphone, pass, INVITE over a WebSocket of its own. SIP by SIP.js, media as in the softphone. */
import { Inviter, SessionState, UserAgent } from 'sip.js';
import type { Logger } from '../../../base/logger.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { WebPass } from '../../../protocol/web-call.ts';
import { pictureWish } from '../phone/lost-picture.ts';
import type { Media } from '../phone/machine.ts';
import { browserPeer, ServerOfferedMedia } from '../phone/session-description.ts';
import { agentOptions } from '../phone/user-agent-options.ts';
import type { WantedCall } from './machine.ts';
import { guestProblem, microphoneProblem } from './problems.ts';
import type { CallServer } from './server.ts';

/** What becomes of the call; after `failed` or `ended` nothing more is said. */
export interface CallEvents {
  readonly established: () => void;
  readonly media: (media: Media) => void;
  readonly heard: (stream: MediaStream) => void;
  readonly seen: (stream: MediaStream) => void;
  /** The server lets pictures through, or not: the network is too bad for them. */
  readonly paused: (paused: boolean) => void;
  readonly failed: (problem: Problem) => void;
  readonly ended: () => void;
}

const microphone: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
};
/** Nobody waits longer for our goodbye. */
const goodbyeMs = 2000;

export class GuestCall {
  readonly #server: CallServer;
  readonly #logger: Logger;
  readonly #events: CallEvents;
  #stream: MediaStream | undefined;
  #agent: UserAgent | undefined;
  #session: Inviter | undefined;
  #media: ServerOfferedMedia | undefined;
  #track: MediaStreamTrack | null = null;
  #over = false;

  constructor(server: CallServer, logger: Logger, events: CallEvents) {
    this.#server = server;
    this.#logger = logger;
    this.#events = events;
  }

  /** Begins. Whatever goes wrong is told by `failed`. */
  async start({ route, name, video }: WantedCall): Promise<void> {
    // The microphone first: who refuses it has used up no pass.
    const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
    if (!window.isSecureContext || devices === undefined) return this.#fail(guestProblem('web-not-secure'));
    try {
      this.#stream = await devices.getUserMedia(microphone);
    } catch (cause) {
      return this.#fail(microphoneProblem(cause));
    }
    if (this.#over) return this.#letGo();
    const pass = await this.#server.pass({ route, video, ...(name.trim() === '' ? {} : { name: name.trim() }) });
    if (!pass.ok) return this.#fail(pass.error);
    if (!this.#over) await this.#invite(pass.value);
  }

  setMuted(muted: boolean): void {
    this.#media?.setMuted(muted);
  }

  /** What the agent is shown; null for nothing. */
  show(track: MediaStreamTrack | null): void {
    this.#track = track;
    // A call that is just ending shows nothing anyway.
    this.#media?.setCamera(track).catch(() => undefined);
  }

  /** A key, in INFO: what prompts listen for. */
  sendKey(key: string): void {
    const content = `Signal=${key}\r\nDuration=160\r\n`;
    const body = { contentDisposition: 'render', contentType: 'application/dtmf-relay', content };
    // A call that is just ending takes no keys any more.
    this.#session?.info({ requestOptions: { body } }).catch(() => undefined);
  }

  /** Hangs up, whatever state it is in; nothing is told. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    const session = this.#session;
    const going =
      session?.state === SessionState.Established
        ? session.bye()
        : session === undefined
          ? Promise.resolve()
          : session.cancel();
    going.catch(() => undefined);
    this.#letGo();
    // The BYE has to leave before the socket closes; the microphone is off already.
    setTimeout(() => this.#stop(), session === undefined ? 0 : goodbyeMs);
  }

  async #invite({ target, sip }: WebPass): Promise<void> {
    const uri = UserAgent.makeURI(target);
    if (uri === undefined) return this.#fail(guestProblem('unexpected-answer'));
    const lost = (): void => this.#fail(guestProblem('web-unreachable', { server: window.location.host }));
    this.#agent = new UserAgent(
      agentOptions(sip, this.#logger, {
        mediaOf: () => this.#makeMedia(),
        onInvite: (invitation) => void invitation.reject({ statusCode: 403 }).catch(() => undefined),
        onConnect: () => undefined,
        // A call that stands goes on without its socket.
        onDisconnect: () => {
          if (this.#session?.state !== SessionState.Established) lost();
        },
      }),
    );
    try {
      await this.#agent.start();
    } catch {
      return lost();
    }
    if (this.#over) return this.#stop();
    // A late offer, as the softphone's own calls: the server offers in its 200.
    this.#session = new Inviter(this.#agent, uri, { inviteWithoutSdp: true, earlyMedia: false });
    this.#session.delegate = {
      onBye: (bye) => void bye.accept(),
      onInfo: (info) => {
        void info.accept();
        const note = noteIn(info.request.body);
        if (note !== undefined && !this.#over) this.#events.paused(note === 'paused');
      },
    };
    this.#session.stateChange.addListener((state) => this.#changed(state));
    await this.#session
      .invite({
        requestDelegate: {
          onReject: ({ message }) => this.#fail(guestProblem('web-refused', { status: message.statusCode ?? 0 })),
        },
      })
      .catch(() => this.#fail(guestProblem('web-refused', { status: 0 })));
  }

  #makeMedia(): ServerOfferedMedia {
    const media = new ServerOfferedMedia({
      createPeer: browserPeer,
      microphone: () =>
        this.#stream === undefined ? Promise.reject(new Error('no microphone')) : Promise.resolve(this.#stream),
      onRemoteStream: this.#events.heard,
      onRemotePicture: this.#events.seen,
      onPictureLost: () => {
        const session = this.#session;
        if (session?.state === SessionState.Established)
          session.info({ requestOptions: { body: pictureWish } }).catch(() => undefined);
      },
      onMedia: (state) => {
        if (!this.#over) this.#events.media(state);
      },
    });
    this.#media = media;
    if (this.#track !== null) this.show(this.#track);
    return media;
  }

  #changed(state: SessionState): void {
    if (this.#over) return;
    if (state === SessionState.Established) this.#events.established();
    if (state !== SessionState.Terminated) return;
    this.#close();
    this.#events.ended();
  }

  #fail(problem: Problem): void {
    if (this.#over) return;
    this.#close();
    this.#events.failed(problem);
  }

  #close(): void {
    this.#over = true;
    this.#letGo();
    this.#stop();
  }

  #letGo(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
  }

  #stop(): void {
    this.#media?.close();
    this.#agent?.stop().catch(() => undefined);
  }
}

/** What the server's INFO says of the picture; undefined for anything else. */
function noteIn(body: string): 'on' | 'paused' | undefined {
  return /^\{"video":"(on|paused)"\}$/.exec(body)?.[1] as 'on' | 'paused' | undefined;
}
