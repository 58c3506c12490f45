import { Button } from 'antd';
import { useRef, useState } from 'react';
import type { SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { AppModel } from '../session/app-model.ts';
import { useStore } from '../ui/hooks.ts';
import { useHotkeys } from '../ui/hotkeys.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import type { PageTheme } from '../ui/theme.ts';
import { Brand } from './brand.tsx';
import { PageSwitches, useSwitchTongue } from './page-switches.tsx';

interface LoginViewProps {
  readonly model: AppModel;
  readonly theme: PageTheme;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
}

/** The login form: plain fields that browsers, password stores and screen readers know. */
export function LoginView({ model, theme, busy, problem }: LoginViewProps) {
  const { t } = useTranslation();
  const notices = useStore(model.notices);
  useHotkeys({ language: useSwitchTongue() });
  return (
    <div className="login-page">
      <header className="login-switches">
        <PageSwitches theme={theme} />
      </header>
      <main className="login-card">
        <Brand />
        <h1>{t('login.title')}</h1>
        <LoginForm busy={busy} submit={(name, password) => void model.login(name, password)} />
        {problem === undefined ? null : <ProblemNote problem={problem} />}
        {notices.map((each) => (
          <ProblemNote key={each.code} problem={each} />
        ))}
      </main>
    </div>
  );
}

interface LoginFormProps {
  readonly busy: boolean;
  readonly submit: (name: string, password: string) => void;
}

function LoginForm({ busy, submit }: LoginFormProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const nameField = useRef<HTMLInputElement>(null);
  const submitted = (event: SyntheticEvent): void => {
    event.preventDefault();
    const incomplete = name.trim() === '' || password === '';
    setMissing(incomplete);
    if (incomplete) nameField.current?.focus();
    else submit(name.trim(), password);
  };
  return (
    <form onSubmit={submitted} noValidate>
      <label className="field">
        <span>{t('login.name')}</span>
        <input
          ref={nameField}
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          aria-invalid={missing && name.trim() === ''}
          data-testid="login-name"
        />
      </label>
      <label className="field">
        <span>{t('login.password')}</span>
        <input
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          aria-invalid={missing && password === ''}
          data-testid="login-password"
        />
      </label>
      {missing ? (
        <p className="field-error" role="alert">
          {t('login.missing')}
        </p>
      ) : null}
      <Button
        type="primary"
        htmlType="submit"
        size="large"
        block
        loading={busy}
        autoInsertSpace={false}
        data-testid="login-submit"
      >
        {busy ? t('login.busy') : t('login.submit')}
      </Button>
    </form>
  );
}
