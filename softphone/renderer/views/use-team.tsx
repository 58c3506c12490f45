import { useState } from 'react';
import type { ReactNode } from 'react';
import type { DeskState } from '../../../protocol/desk.ts';
import type { HotkeyActions } from '../ui/hotkeys.ts';
import { chosenTalk, TeamPanel } from './team-panel.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface TeamPart {
  readonly panel: ReactNode;
  readonly keys: HotkeyActions;
}

/** The floor on a supervisor's page, and the keys that mean its chosen talk; nothing for everybody else. */
export function useTeam(desk: DeskState | undefined, self: string, actions: DeskActions, offsetMs: number): TeamPart {
  const [wanted, choose] = useState<string>();
  if (desk?.team === undefined) return { panel: null, keys: {} };
  const { team, call } = desk;
  const chosen = chosenTalk(team, self, wanted);
  const own = chosen?.supervisors.some(({ id }) => id === self) === true;
  const busy = call !== null && call.state !== 'ended' && !own;
  const { supervise } = actions;
  const panel = (
    <TeamPanel
      calls={team}
      self={self}
      offsetMs={offsetMs}
      chosen={chosen}
      choose={choose}
      supervise={supervise}
      busy={call !== null && call.state !== 'ended'}
    />
  );
  if (chosen === undefined || busy) return { panel, keys: {} };
  const { callId } = chosen;
  return {
    panel,
    keys: {
      listen: () => supervise(callId, 'listen'),
      whisper: () => supervise(callId, 'whisper'),
      barge: () => supervise(callId, 'barge'),
    },
  };
}
