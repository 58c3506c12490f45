/* global window, location, navigator, Audio */
/** The page of the WebRTC contract test: SIP.js with the softphone's own session description handler, and nothing else. */
import { Inviter, Registerer, SessionState, UserAgent } from 'sip.js';
import { browserPeer, ServerOfferedMedia } from '../../../softphone/renderer/phone/session-description.ts';

const audio = new Audio();
audio.autoplay = true;
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

const toy = { state: 'none', media: 'none', session: undefined, lastError: undefined };
window.toy = toy;

function media() {
  return new ServerOfferedMedia({
    createPeer: () => {
      toy.peer = browserPeer();
      return toy.peer;
    },
    microphone: () => navigator.mediaDevices.getUserMedia({ audio: plain }),
    onRemoteStream: (stream) => {
      audio.srcObject = stream;
    },
    onMedia: (state) => {
      toy.media = state;
    },
  });
}

function watch(session) {
  toy.session = session;
  session.stateChange.addListener((state) => {
    toy.state = state;
  });
  session.delegate = { onBye: (bye) => bye.accept() };
}

const ua = new UserAgent({
  uri: UserAgent.makeURI('sip:agent@toy.invalid'),
  transportOptions: { server: `ws://${location.host}/sip` },
  sessionDescriptionHandlerFactory: media,
  logBuiltinEnabled: false,
  delegate: {
    onInvite: (invitation) => {
      watch(invitation);
      invitation.accept().catch((error) => {
        toy.lastError = String(error);
      });
    },
  },
});
await ua.start();
await new Registerer(ua).register();

/** Calls out without an offer: ours comes in the 200. */
toy.call = () => {
  const inviter = new Inviter(ua, UserAgent.makeURI('sip:anyone@toy.invalid'), { inviteWithoutSdp: true });
  watch(inviter);
  return inviter.invite();
};
/** Calls out as a foreign WebRTC phone does: with its own offer. */
toy.callOffering = () => {
  const inviter = new Inviter(ua, UserAgent.makeURI('sip:anyone@toy.invalid'));
  watch(inviter);
  return inviter.invite();
};
/** A re-INVITE of ours, with all codecs of the browser. */
toy.refresh = () =>
  new Promise((resolve) => {
    const done = () => resolve(toy.peer.connectionState);
    toy.session
      .invite({ requestDelegate: { onAccept: done, onReject: () => resolve('rejected') } })
      .catch(() => resolve('failed'));
  });
toy.press = (digits) => toy.peer.getSenders()[0].dtmf.insertDTMF(digits, 100, 70);
toy.hangUp = () => toy.session?.state === SessionState.Established && toy.session.bye();
toy.mute = (muted) => toy.session.sessionDescriptionHandler.setMuted(muted);
