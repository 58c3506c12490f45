/* global window, AudioContext, AudioWorkletNode, MediaStream, RTCPeerConnection, RTCRtpSender, Audio, Blob, URL */
/**
 * The agent's browser of mouth.ts: speaks chirps into two connections at the same moment, one through the media node and one to
 * itself, and hears what comes out of each on the clock of its one audio context.
 */
const rate = 48_000;
const context = new AudioContext({ sampleRate: rate });
const mouth = context.createMediaStreamDestination();
const worklet = `registerProcessor('ear', class extends AudioWorkletProcessor {
  process([input]) { if (input[0]) this.port.postMessage({ at: currentFrame, samples: input[0].slice() }); return true; } });`;
const ready = context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })));
const ears = {};
const peers = {};
const kept = [];

async function listen(name, track) {
  await ready;
  const stream = new MediaStream([track]);
  // Without an element Chromium does not pull a remote track.
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  const ear = new AudioWorkletNode(context, 'ear');
  ears[name] = [];
  ear.port.onmessage = ({ data }) => ears[name].push(data);
  context.createMediaStreamSource(stream).connect(ear);
  kept.push(element, ear);
}

function peer(name) {
  const made = new RTCPeerConnection();
  made.addEventListener('track', ({ track }) => void listen(name, track));
  peers[name] = made;
  return made;
}

/** The browser speaks to itself, in the codec of the trunk. */
async function loop() {
  const from = new RTCPeerConnection();
  const to = peer('itself');
  from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
  to.onicecandidate = ({ candidate }) => candidate && from.addIceCandidate(candidate);
  const transceiver = from.addTransceiver(mouth.stream.getAudioTracks()[0], { direction: 'sendonly' });
  const { codecs } = RTCRtpSender.getCapabilities('audio');
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'audio/PCMU'));
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription);
  kept.push(from);
}

/** Takes the media node's offer and returns the answer. */
async function answer(offer) {
  const made = peer('node');
  await made.setRemoteDescription({ type: 'offer', sdp: offer });
  made.addTrack(mouth.stream.getAudioTracks()[0], mouth.stream);
  await made.setLocalDescription();
  return made.localDescription.sdp;
}

/** The wall clock (ms) at frame 0 of the context. Its time goes on in leaps: the smallest difference is just after one. */
async function epoch() {
  let least = Infinity;
  for (let tries = 0; tries < 200; tries++) {
    least = Math.min(least, performance.timeOrigin + performance.now() - context.currentTime * 1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return least;
}

/** Says `samples` (48 kHz, -1 to 1) `count` times, `apart` seconds from each other; returns the frames at which it did. */
async function speak(samples, count, apart) {
  const buffer = context.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(Float32Array.from(samples), 0);
  const first = context.currentTime + 0.2;
  const frames = [];
  for (let at = 0; at < count; at++) {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(mouth);
    source.start(first + at * apart);
    frames.push(Math.round((first + at * apart) * rate));
  }
  await new Promise((resolve) => setTimeout(resolve, (0.2 + count * apart + 1) * 1000));
  return frames;
}

/** What an ear heard in so many frames from `frame` on, as PCM16 in base64; what is missing is silence. */
function heard(name, frame, length) {
  const samples = new Int16Array(length);
  for (const piece of ears[name] ?? [])
    for (let at = 0; at < piece.samples.length; at++) {
      const to = piece.at + at - frame;
      if (to >= 0 && to < length) samples[to] = Math.max(-1, Math.min(1, piece.samples[at])) * 32_767;
    }
  const bytes = new Uint8Array(samples.buffer);
  let binary = '';
  for (let from = 0; from < bytes.length; from += 8192)
    binary += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return btoa(binary);
}

/** What Chromium says of its jitter buffers: how long samples waited in all (ms), and how many did. */
async function buffers() {
  const said = {};
  for (const [name, made] of Object.entries(peers))
    for (const each of (await made.getStats()).values())
      if (each.type === 'inbound-rtp')
        said[name] = { ms: 1000 * each.jitterBufferDelay, samples: each.jitterBufferEmittedCount };
  return said;
}

window.bench = { loop, answer, epoch, speak, heard, buffers, start: () => context.resume() };
