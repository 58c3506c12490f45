import { Component } from 'react';
import type { ReactNode } from 'react';
import i18next from 'i18next';
import type { Logger } from '../../base/logger.ts';

interface ErrorBoundaryProps {
  readonly logger: Logger;
  readonly children: ReactNode;
}

/** Catches an error in any view: says so and offers a reload, which brings the audio of a call in progress back. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(cause: Error): void {
    this.props.logger.error({ err: cause }, 'a view failed');
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="crash" role="alert" data-testid="crashed">
        <h1>{i18next.t('app.crashed')}</h1>
        <p>{i18next.t('app.crashedHint')}</p>
        <button type="button" autoFocus onClick={() => window.location.reload()}>
          {i18next.t('app.reload')}
        </button>
      </main>
    );
  }
}
