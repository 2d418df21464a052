// The OpenID provider of t/real/*.t: the certified oidc-provider, with users
// of two tenants, a login form, and signing keys minted at every start.
//
//   USERS_PASSWORD=... node t/real/provider.mjs MODULES_DIRECTORY
//
// Listens on a free loopback port and prints one line with its issuer's URL
// when it is ready.  A token's audience is the client it was made for:
// "platform" and, signed with ES256, "platform-ec" for the gateway,
// "elsewhere" for somebody else.  The scope "brief" makes tokens that expire
// after BRIEF_LIFE seconds.
//
// POST /rotate, a form with the password and a step of "rotations", changes
// the RS256 keys, and answers their ids, of which the first one signs.

import { createHash, generateKeyPairSync, randomBytes, timingSafeEqual }
    from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(resolve(process.argv[2]), 'x.js'));
const { default: Provider } =
    await import(pathToFileURL(require.resolve('oidc-provider')));

const LIFE = 3600;
const BRIEF_LIFE = 6;
const REDIRECT = 'http://127.0.0.1/callback';
const PASSWORD = process.env.USERS_PASSWORD;


// two tenants, and one name that occurs in both: two different people

const users = [
    ['acme', 'maksym', ['jupyter', 'datalab', 'studio', 'desk']],
    ['acme', 'alice', ['jupyter', 'datalab', 'studio', 'desk']],
    ['acme', 'bob', ['datalab']],
    ['globex', 'maksym', ['jupyter', 'datalab']],
    ['globex', 'eve', ['jupyter', 'datalab', 'billing']],
].map(([tenant, name, permissions]) => ({
    sub: createHash('sha256').update(`${tenant} ${name}`).digest('hex')
                             .slice(0, 24),
    tenant, name, permissions,
}));


function key(alg, type, options) {
    const { privateKey } = generateKeyPairSync(type, options);
    const kid = `${alg}-${randomBytes(6).toString('hex')}`;

    return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}


function rsa() {
    return key('RS256', 'rsa', { modulusLength: 2048 });
}


// As the provider's documentation has it: the first key of its algorithm is
// the one that signs, all others are published; a change is a new start, with
// the list changed.  What a provider should do, and what it should not.

const rotations = {
    add: (keys) => [...keys, rsa()],
    use: (keys) => [keys.at(-1), ...keys.slice(0, -1)],
    remove: ([first]) => [first],
    replace: () => [rsa()],
    'same kid': ([{ kid }]) => [{ ...rsa(), kid }],
    'swap kids': ([a, b]) => [{ ...a, kid: b.kid }, { ...b, kid: a.kid }],
};


function client(client_id, alg) {
    return {
        client_id,
        client_secret: `secret of ${client_id}`,
        redirect_uris: [REDIRECT],
        id_token_signed_response_alg: alg,
    };
}


const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const configuration = {

    clients: [
        client('platform', 'RS256'),
        client('platform-ec', 'ES256'),
        client('elsewhere', 'RS256'),
    ],

    // the claims are wanted in the id_token, not only from userinfo
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'platform', 'brief'],
    claims: {
        openid: ['sub'],
        profile: ['name'],
        platform: ['current_tenant', 'permissions'],
    },

    findAccount: (ctx, sub) => {
        const user = users.find((u) => u.sub === sub);

        return user && {
            accountId: sub,
            claims: () => ({
                sub,
                name: user.name,
                current_tenant: user.tenant,
                permissions: user.permissions,
            }),
        };
    },

    ttl: {
        AccessToken: LIFE,
        AuthorizationCode: 60,
        Grant: LIFE,
        Interaction: 60,
        Session: LIFE,
        IdToken: (ctx) => ctx.oidc.entities.AuthorizationCode
            ?.scopes.has('brief') ? BRIEF_LIFE : LIFE,
    },

    // both clients are the platform's own: nobody is asked for consent
    loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({
            accountId: ctx.oidc.session.accountId,
            clientId: ctx.oidc.client.clientId,
        });

        grant.addOIDCScope('openid profile platform brief');
        await grant.save();

        return grant;
    },

    cookies: { keys: [randomBytes(32).toString('hex')] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
};

let keys = [rsa()];
let provider, handle;
const ec = key('ES256', 'ec', { namedCurve: 'P-256' });


function start() {
    provider = new Provider(issuer, {
        ...configuration, jwks: { keys: [...keys, ec] },
    });
    handle = provider.callback();
}



function page(res, status, uid, note) {
    res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
    res.end(`<!DOCTYPE html><title>Sign in</title><p>${note}</p>
<form method="post" action="/interaction/${uid}">
<input name="tenant"><input name="user"><input name="password" type="password">
<button>Sign in</button></form>\n`);
}


async function form(req) {
    let body = '';

    for await (const chunk of req) {
        body += chunk;
        if (body.length > 4096) {
            throw new Error('form is too large');
        }
    }

    return new URLSearchParams(body);
}


function digest(text) {
    return createHash('sha256').update(text ?? '').digest();
}


function permitted(fields) {
    return PASSWORD
        && timingSafeEqual(digest(fields.get('password')), digest(PASSWORD));
}


async function rotate(req, res) {
    const fields = await form(req);
    const rotation = rotations[fields.get('step')];

    if (!rotation || !permitted(fields)) {
        res.writeHead(403);
        return res.end();
    }

    keys = rotation(keys);
    start();

    res.end(keys.map(({ kid }) => kid).join(' '));
}


async function interaction(req, res, uid) {
    if (req.method !== 'POST') {
        return page(res, 200, uid, 'Who are you?');
    }

    const fields = await form(req);
    const user = users.find((u) => u.tenant === fields.get('tenant')
                                   && u.name === fields.get('user'));

    if (!user || !permitted(fields)) {
        return page(res, 403, uid, 'No.');
    }

    return provider.interactionFinished(req, res,
                                        { login: { accountId: user.sub } });
}


start();

server.on('request', (req, res) => {
    const [, uid] = /^\/interaction\/([\w-]+)$/.exec(req.url) ?? [];

    const own = uid !== undefined ? interaction(req, res, uid)
        : req.method === 'POST' && req.url === '/rotate' ? rotate(req, res)
        : null;

    if (own === null) {
        return handle(req, res);
    }

    return own.catch((error) => {
        console.error(error);
        res.destroy();
    });
});

console.log(issuer);
