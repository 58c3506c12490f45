import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../../protocol/problems/index.ts';
import { problemTexts } from '../i18n/index.ts';
import { useTongue } from './hooks.ts';

interface ProblemNoteProps {
  readonly problem: Problem;
  readonly onDismiss?: () => void;
  readonly action?: ReactNode;
}

/** A problem in the agent's language: what is wrong, and what to do. */
export function ProblemNote({ problem, onDismiss, action }: ProblemNoteProps) {
  const { t } = useTranslation();
  const { title, detail } = problemTexts(problem, useTongue());
  return (
    <div className="note note-error" role="alert" data-testid="problem" data-code={problem.code}>
      <div className="note-text">
        <strong>{title}</strong> <span>{detail}</span>
      </div>
      {action}
      {onDismiss === undefined ? null : (
        <Button
          type="text"
          size="small"
          icon={<CloseOutlined />}
          onClick={onDismiss}
          aria-label={t('actions.dismiss')}
          data-testid="problem-dismiss"
        />
      )}
    </div>
  );
}
