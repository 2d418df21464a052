/*
 * What a check of a token takes in nginx's JavaScript: claims and signature,
 * by WebCrypto.  There is nothing to keep a key in between two requests.
 */

const algs = {
    RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
};


async function check(r) {
    try {
        r.variables.jwt_user = await verify(r);
        r.return(204);

    } catch (e) {
        r.return(401);
    }
}


async function verify(r) {
    const token = r.headersIn.Authorization.slice('Bearer '.length);
    const parts = token.split('.');

    if (parts.length != 3) {
        throw new Error('not a token');
    }

    const alg = algs[JSON.parse(Buffer.from(parts[0], 'base64url')).alg];
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const key = await crypto.subtle.importKey(
        'spki', Buffer.from(r.variables.jwt_key, 'base64'), alg, false,
        ['verify']);

    if (!await crypto.subtle.verify(alg, key,
                                    Buffer.from(parts[2], 'base64url'),
                                    Buffer.from(`${parts[0]}.${parts[1]}`)))
    {
        throw new Error('signature');
    }

    if (claims.iss !== 'https://id.example' || claims.aud !== 'bench'
        || !(claims.exp > Date.now() / 1000))
    {
        throw new Error('claims');
    }

    return claims.sub;
}


export default { check };
