import { SIPExtension, UserAgent } from 'sip.js';
import type { Invitation, LogLevel, Session, UserAgentOptions } from 'sip.js';
import type { Logger } from '../../../base/logger.ts';
import type { SipCredentials } from '../../../protocol/rest.ts';
import type { ServerOfferedMedia } from './session-description.ts';

/** What SIP.js reports to the phone. */
export interface AgentEvents {
  readonly mediaOf: (session: Session) => ServerOfferedMedia;
  readonly onInvite: (invitation: Invitation) => void;
  readonly onConnect: () => void;
  readonly onDisconnect: () => void;
}

/** Where the engine is reached: a page on https may open no plain WebSocket. */
export function engineAddress(credentials: SipCredentials, pageProtocol: string): string {
  const { webSocketUrl, secureWebSocketUrl } = credentials;
  return pageProtocol === 'https:' && secureWebSocketUrl !== undefined ? secureWebSocketUrl : webSocketUrl;
}

/** SIP.js's options for an agent's phone. Throws if the address of record is no SIP URI (the server minted it). */
export function agentOptions(credentials: SipCredentials, logger: Logger, events: AgentEvents): UserAgentOptions {
  const uri = UserAgent.makeURI(credentials.aor);
  if (uri === undefined) throw new Error('the server gave an address of record that is no SIP URI');
  return {
    uri,
    authorizationUsername: credentials.username,
    authorizationPassword: credentials.password,
    transportOptions: {
      server: engineAddress(credentials, globalThis.location.protocol),
      connectionTimeout: 8,
      keepAliveInterval: 20,
      traceSip: false,
    },
    sessionDescriptionHandlerFactory: (session) => events.mediaOf(session),
    // PRACK is not built on either side, and a ring is enough of a provisional response.
    sipExtension100rel: SIPExtension.Unsupported,
    sipExtensionReplaces: SIPExtension.Unsupported,
    // The offer's own deadline ends the ring; SIP.js's must not come first.
    noAnswerTimeout: 600,
    gracefulShutdown: false,
    userAgentString: 'Jackfield softphone',
    logBuiltinEnabled: false,
    logConnector: (level, category) => forward(logger, level, category),
    delegate: {
      onInvite: events.onInvite,
      onConnect: events.onConnect,
      onDisconnect: events.onDisconnect,
    },
  };
}

/** SIP.js writes whole messages, numbers included, into its log lines; only that it had something to say is kept. */
function forward(logger: Logger, level: LogLevel, category: string): void {
  if (level === 'error') logger.warn({ category }, 'sip.js reports an error');
}
