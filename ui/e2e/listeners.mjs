// Listens on ports that the tests know, until it is killed. With the word "victim" on one port alone, to be stopped.
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const listen = (port, host) =>
  new Promise((resolve) => {
    createServer((socket) => socket.on('error', () => undefined)).listen(port, host, resolve);
  });

if (process.argv[2] === 'victim') {
  await listen(9999, '127.0.0.1');
} else {
  for (const port of [22, 443, 3306, 5432, 8080]) await listen(port, '0.0.0.0');
  await listen(6379, '127.0.0.1');
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(53, '0.0.0.0', resolve));
  for (let count = 0; count < 3; count++) await new Promise((resolve) => connect(6379, '127.0.0.1', resolve));
}
console.log('ready');
