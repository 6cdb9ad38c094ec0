/** The version of Redis that this server answers as: in INFO, HELLO and LOLWUT. */
export const REDIS_VERSION = '7.0.15';
