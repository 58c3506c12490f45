import { contextBridge, ipcRenderer } from 'electron';
import { bridgeName } from '../bridge.ts';
import { makeBridge } from './shell-bridge.ts';

contextBridge.exposeInMainWorld(bridgeName, makeBridge(ipcRenderer, process.versions['electron'] ?? ''));
