import { useTranslation } from 'react-i18next';
import type { DeskCall, DialProgress } from '../../../protocol/desk.ts';
import { ProblemNote } from '../ui/problem-note.tsx';

const steps = ['connecting', 'calling', 'ringing', 'early-media'] as const;

/** How far a call out has come; once it has failed, why. */
export function DialProgressNote({ call }: { readonly call: DeskCall }) {
  const { t } = useTranslation();
  const { dial } = call;
  if (dial === undefined) return null;
  if (dial.failure !== undefined) return <ProblemNote problem={dial.failure} />;
  const reached = stepOf(dial);
  return (
    <ol className="dial-steps" data-testid="dial-progress" data-stage={dial.stage}>
      {steps.slice(0, 3).map((step, index) => (
        <li
          key={step}
          className={
            index < reached ? 'dial-step dial-step-done' : index === reached ? 'dial-step dial-step-on' : 'dial-step'
          }
          aria-current={index === reached ? 'step' : undefined}
        >
          {t(`dial.stage.${index === 2 && dial.stage === 'early-media' ? 'early-media' : step}`)}
        </li>
      ))}
    </ol>
  );
}

function stepOf({ stage }: DialProgress): number {
  if (stage === 'connecting') return 0;
  return stage === 'calling' ? 1 : 2;
}
