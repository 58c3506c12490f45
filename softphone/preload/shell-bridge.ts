import type { IpcRenderer } from 'electron';
import type { ShellBridge } from '../bridge.ts';
import { bridgeChannels } from '../bridge.ts';

/** The parts of `ipcRenderer` the bridge uses. */
export type BridgeIpc = Pick<IpcRenderer, 'off' | 'on' | 'send'>;

/** The bridge over Electron's messages: named methods, plain values, and no way to send anything else. */
export function makeBridge(ipc: BridgeIpc, version: string): ShellBridge {
  return {
    version,
    setRinging(ring) {
      ipc.send(bridgeChannels.ringing, ring === null ? null : { who: ring.who });
    },
    onAnswerPressed(listener) {
      // Electron's event object stays on this side of the bridge.
      const pressed = (): void => listener();
      ipc.on(bridgeChannels.answerPressed, pressed);
      return () => void ipc.off(bridgeChannels.answerPressed, pressed);
    },
  };
}
