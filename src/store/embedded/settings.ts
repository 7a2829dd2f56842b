import type { Settings } from './cluster';

/** Settings of the embedded server: reachable from this machine only, every commit safe on disk. */
export function embeddedSettings(port: number): Settings {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // No socket: the length of its path is limited to about 100 bytes, and every client can use the port.
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '64MB',
    maintenance_work_mem: '64MB',
    max_connections: '100',
    max_wal_size: '512MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    // A statement in the log could carry a private value (P10).
    log_min_error_statement: 'panic',
  };
}
