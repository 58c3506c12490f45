export { type CallSurroundings, type DeskCallHead, deskCallOf, agentsOf } from './call-view.ts';
export { teamCallOf } from './team-view.ts';
export { Feed } from './feed.ts';
export { DeskGateway, type GatewayOptions, type GatewayPorts } from './gateway.ts';
