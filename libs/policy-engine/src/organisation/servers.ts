import { isDeepStrictEqual } from 'node:util';
import { AppError } from '@portcullis/contracts';
import type { CommandOf, Decider } from './decide.js';
import { serverBySlug, type PolicyState, type Server } from './state.js';

/** @throws AppError NOT_FOUND */
export function requireServer(state: PolicyState, srv: string): Server {
  const server = state.servers.get(srv);
  if (server === undefined)
    throw new AppError('NOT_FOUND', 'The server is not connected to the organisation.');
  return server;
}

function requireFreeSlug(state: PolicyState, { srv, slug }: { srv: string; slug: string }): void {
  const holder = serverBySlug(state, slug);
  if (holder !== undefined && holder.srv !== srv) {
    throw new AppError('ALREADY_EXISTS', `Another server has the slug "${slug}".`);
  }
}

type Described = Omit<Server, 'pinning'>;

function describe({ srv, slug, dst, slots }: CommandOf<'ConnectServer' | 'ChangeServer'>): Described {
  const names = new Set(slots.map(({ slot }) => slot));
  if (names.size !== slots.length)
    throw new AppError('INVALID_ARGUMENT', 'A credential slot is named twice.');
  return { srv, slug, dst, slots };
}

const withoutPinning = ({ srv, slug, dst, slots }: Server): Described => ({ srv, slug, dst, slots });

const asData = (server: Described) => ({ ...server, slots: [...server.slots] });

const connectServer: Decider<'ConnectServer'> = (command, state) => {
  const wanted = describe(command);
  requireFreeSlug(state, wanted);
  const known = state.servers.get(wanted.srv);
  if (known === undefined) return [{ type: 'policy.ServerConnected', data: asData(wanted) }];
  if (isDeepStrictEqual(withoutPinning(known), wanted)) return [];
  throw new AppError('ALREADY_EXISTS', 'The server is connected already.');
};

const changeServer: Decider<'ChangeServer'> = (command, state) => {
  const wanted = describe(command);
  const known = requireServer(state, wanted.srv);
  requireFreeSlug(state, wanted);
  return isDeepStrictEqual(withoutPinning(known), wanted)
    ? []
    : [{ type: 'policy.ServerChanged', data: asData(wanted) }];
};

const removeServer: Decider<'RemoveServer'> = ({ srv }, state) =>
  state.servers.has(srv) ? [{ type: 'policy.ServerRemoved', data: { srv } }] : [];

const setPinning: Decider<'SetPinning'> = ({ srv, pinning }, state) =>
  requireServer(state, srv).pinning === pinning
    ? []
    : [{ type: 'policy.PinningChanged', data: { srv, pinning } }];

const labelTool: Decider<'LabelTool'> = ({ srv, tool, label }, state) => {
  requireServer(state, srv);
  const known = state.tools.get(srv)?.get(tool)?.label ?? null;
  return known === label ? [] : [{ type: 'policy.ToolLabelled', data: { srv, tool, label } }];
};

function isDisabled(
  state: PolicyState,
  { srv, tool, user }: CommandOf<'DisableTool' | 'EnableTool'>,
): boolean {
  const known = state.tools.get(srv)?.get(tool);
  if (known === undefined) return false;
  return user === null ? known.disabledForAll : known.disabledFor.has(user);
}

const disableTool: Decider<'DisableTool'> = (command, state) => {
  const { srv, tool, user } = command;
  requireServer(state, srv);
  return isDisabled(state, command) ? [] : [{ type: 'policy.ToolDisabled', data: { srv, tool, user } }];
};

const enableTool: Decider<'EnableTool'> = (command, state) => {
  const { srv, tool, user } = command;
  requireServer(state, srv);
  return isDisabled(state, command) ? [{ type: 'policy.ToolEnabled', data: { srv, tool, user } }] : [];
};

export const serverDeciders = {
  ConnectServer: connectServer,
  ChangeServer: changeServer,
  RemoveServer: removeServer,
  SetPinning: setPinning,
  LabelTool: labelTool,
  DisableTool: disableTool,
  EnableTool: enableTool,
};
