/**
 * Clients that are parked until something happens to other servers: WAIT, MIGRATE, SHUTDOWN. They are identified by what they were parked for, since a client
 * that was unblocked meanwhile may be parked again, for something else.
 */

/** A client that may be parked. */
export interface ParkableClient {
  readonly id: number;
  readonly waiting: object | null;
}

/** A client, and what it was parked for. */
export interface ParkedClient {
  readonly client: ParkableClient;
  readonly park: object | null;
}

/** @param client has just been parked */
export const parkedClient = (client: ParkableClient): ParkedClient => ({ client, park: client.waiting });

/** False: it was answered meanwhile, or is gone. */
export const isStillParked = ({ client, park }: ParkedClient): boolean => client.waiting !== null && client.waiting === park;
