import { Button, Tooltip } from 'antd';
import type { ReactNode, Ref } from 'react';
import { hotkeys } from './hotkeys.ts';
import type { Hotkey } from './hotkeys.ts';

interface ActionButtonProps {
  readonly label: string;
  readonly testId: string;
  readonly onPress: () => void;
  readonly hotkey?: Hotkey;
  /** A key of the form the button stands in, where it has no hotkey. */
  readonly shortcut?: string;
  readonly icon?: ReactNode;
  readonly kind?: 'primary' | 'danger' | 'plain' | 'quiet';
  /** For switches such as mute: says whether it is on. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly expanded?: boolean;
  readonly large?: boolean;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

/** A button that shows its key, in the button itself and to assistive technology. */
export function ActionButton(props: ActionButtonProps) {
  const {
    label,
    testId,
    onPress,
    hotkey,
    shortcut,
    icon,
    kind = 'plain',
    pressed,
    disabled,
    expanded,
    large,
    buttonRef,
  } = props;
  const key = hotkey === undefined ? shortcut : hotkeys[hotkey].label;
  return (
    <Tooltip title={key === undefined ? undefined : `${label} (${key})`} mouseEnterDelay={0.6}>
      <Button
        ref={buttonRef ?? null}
        className={`action action-${kind}${pressed === true ? ' action-on' : ''}`}
        type={kind === 'primary' ? 'primary' : kind === 'quiet' ? 'text' : 'default'}
        danger={kind === 'danger'}
        size={large === true ? 'large' : 'middle'}
        icon={icon}
        disabled={disabled ?? false}
        onClick={onPress}
        data-testid={testId}
        autoInsertSpace={false}
        aria-keyshortcuts={key}
        aria-pressed={pressed}
        aria-expanded={expanded}
      >
        <span className="action-label">{label}</span>
        {key === undefined ? null : (
          <kbd className="key" aria-hidden="true">
            {key}
          </kbd>
        )}
      </Button>
    </Tooltip>
  );
}
