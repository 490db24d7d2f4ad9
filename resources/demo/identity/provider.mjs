// The identity provider of the demo and of tests: npm's `oidc-provider` (a certified OpenID provider) with a few people
// who sign in without a password. On loopback only, for nothing else.
//
//   node provider.mjs CONFIG.json
//
// CONFIG.json: {"port", "state" (a folder), "modules" (where npm put its packages), "audiences": […], "people": {login: {claims}},
// "accessSeconds", "rotateKeys": true to sign with a new key from now on}. Says "ready ISSUER" when it listens.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const require = createRequire(path.join(config.modules, 'package.json'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const issuer = `http://127.0.0.1:${config.port}`;
mkdirSync(config.state, { recursive: true, mode: 0o700 });

const read = (name, otherwise) => {
  const file = path.join(config.state, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : otherwise;
};
const write = (name, value) => {
  const file = path.join(config.state, name);
  writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

// The newest key signs; the ones before it stay published for as long as their tokens may live.
function signingKeys() {
  const keys = read('keys.json', []);
  if (keys.length === 0 || config.rotateKeys) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.unshift({ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: randomUUID() });
    write('keys.json', keys.slice(0, 3));
  }
  return keys.slice(0, 3);
}

// What the provider must not forget when it is started again: grants, sessions, refresh tokens.
const stored = new Map(Object.entries(read('grants.json', {})));
const now = () => Math.floor(Date.now() / 1000);
const save = () => write('grants.json', Object.fromEntries([...stored].filter(([, entry]) => !entry.until || entry.until > now())));

class StoredState {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  entries(field, value) { return [...stored].filter(([key, entry]) => key.startsWith(`${this.model}:`) && entry.payload[field] === value); }
  async upsert(id, payload, expiresIn) {
    stored.set(this.key(id), { payload, until: expiresIn ? now() + expiresIn : undefined });
    save();
  }
  async find(id) {
    const entry = stored.get(this.key(id));
    return entry && (!entry.until || entry.until > now()) ? entry.payload : undefined;
  }
  async findByUid(uid) { return this.entries('uid', uid)[0]?.[1].payload; }
  async findByUserCode(userCode) { return this.entries('userCode', userCode)[0]?.[1].payload; }
  async consume(id) {
    const entry = stored.get(this.key(id));
    if (entry) { entry.payload.consumed = now(); save(); }
  }
  async destroy(id) { stored.delete(this.key(id)); save(); }
  async revokeByGrantId(grantId) {
    for (const [key] of this.entries('grantId', grantId)) stored.delete(key);
    save();
  }
}

const person = (login) => (Object.hasOwn(config.people, login) ? config.people[login] : undefined);
const day = 24 * 3600;
const provider = new Provider(issuer, {
  adapter: StoredState,
  jwks: { keys: signingKeys() },
  cookies: { keys: [read('cookie.json', null) ?? (write('cookie.json', randomUUID()), read('cookie.json'))] },
  clients: [{
    client_id: 'tessera',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/cb'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    id_token_signed_response_alg: 'ES256',
  }],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access'],
  claims: { openid: ['sub', 'email', 'name'] },
  conformIdTokenClaims: false,
  rotateRefreshToken: true,
  ttl: { AccessToken: config.accessSeconds ?? 600, AuthorizationCode: 60, DeviceCode: 600, Grant: 14 * day, IdToken: 3600,
    Interaction: 3600, RefreshToken: 14 * day, Session: day },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: false },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, resource) => {
        if (!config.audiences.includes(resource)) throw new Error(`nobody is called ${resource}`);
        return { scope: '', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
      },
    },
  },
  extraTokenClaims: async (_ctx, token) => person(token.accountId),
  findAccount: async (_ctx, login) => person(login) && { accountId: login, claims: async () => ({ sub: login, ...person(login) }) },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (uid) => `<!doctype html><meta charset="utf-8"><title>Sign in</title>
<style>body{font:16px system-ui;max-width:26em;margin:4em auto}button{display:block;width:100%;margin:.5em 0;padding:.8em;font:inherit;text-align:left}</style>
<h1>The demo's people</h1><p>Who are you? Nobody here has a password.</p>
<form method="post" action="/interaction/${escaped(uid)}">
${Object.entries(config.people).map(([login, claims]) =>
    `<button name="login" value="${escaped(login)}"><b>${escaped(claims.name ?? login)}</b> ${escaped(claims.email ?? '')}</button>`).join('\n')}
</form>`;

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10000) throw new Error('too long');
  }
  return new URLSearchParams(body);
}

// One page answers both of the provider's questions: who it is, and whether Tessera may act for them.
async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params, session, grantId } = details;
  if (prompt.name === 'login') {
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html');
      response.end(page(details.uid));
      return;
    }
    const login = (await bodyOf(request)).get('login');
    if (!person(login)) {
      response.statusCode = 403;
      response.end('nobody has that name\n');
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId: login } }, { mergeWithLastSubmission: false });
    return;
  }
  const grant = grantId ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope('openid offline_access');
  for (const audience of config.audiences) grant.addResourceScope(audience, '');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const answer = provider.callback();
const server = http.createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    answer(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.statusCode = 400;
    response.end(`${error.message}\n`);
  });
});
server.listen(config.port, '127.0.0.1', () => console.log(`ready ${issuer}`));
process.on('SIGTERM', () => process.exit(0));
