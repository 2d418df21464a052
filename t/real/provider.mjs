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

const provider = new Provider(issuer, {

    jwks: {
        keys: [
            key('RS256', 'rsa', { modulusLength: 2048 }),
            key('ES256', 'ec', { namedCurve: 'P-256' }),
        ],
    },

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
});


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


async function interaction(req, res, uid) {
    if (req.method !== 'POST') {
        return page(res, 200, uid, 'Who are you?');
    }

    const fields = await form(req);
    const user = users.find((u) => u.tenant === fields.get('tenant')
                                   && u.name === fields.get('user'));

    if (!user
        || !PASSWORD
        || !timingSafeEqual(digest(fields.get('password')), digest(PASSWORD)))
    {
        return page(res, 403, uid, 'No.');
    }

    return provider.interactionFinished(req, res,
                                        { login: { accountId: user.sub } });
}


const handle = provider.callback();

server.on('request', (req, res) => {
    const [, uid] = /^\/interaction\/([\w-]+)$/.exec(req.url) ?? [];

    if (uid === undefined) {
        return handle(req, res);
    }

    return interaction(req, res, uid).catch((error) => {
        console.error(error);
        res.destroy();
    });
});

console.log(issuer);
