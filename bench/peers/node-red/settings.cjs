/** Node-RED without its editor: the flow of this folder, and what its function node needs. */
const crypto = require('node:crypto');
const { join } = require('node:path');
const { Redis } = require('ioredis');

module.exports = {
  uiHost: '127.0.0.1',
  uiPort: Number(process.env.PORT),
  httpAdminRoot: false,
  flowFile: join(__dirname, 'flows.json'),
  credentialSecret: false,
  logging: { console: { level: 'fatal', metrics: false, audit: false } },
  functionGlobalContext: {
    crypto,
    redis: new Redis(process.env.REDIS_URL),
    secret: process.env.WEBHOOK_SECRET,
  },
};
