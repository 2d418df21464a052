
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What a verified token takes of the zone's memory, by the layout of the
 * cache itself:
 *
 *   room TOKEN
 *
 * Prints the bytes of its claims, those of a place for them, those of the
 * cache that come to each such place (places for larger ones included), and
 * how many places a MiB of cache has.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_tenant_b64url.h"
#include "auth_tenant_cache.h"
#include "auth_tenant_claims.h"
#include "auth_tenant_jws.h"


#define ROOM_SIZE  ((size_t) 1 << 30)


int
main(int argc, char **argv)
{
    size_t                      size, places, n;
    unsigned char              *text, *flat;
    auth_tenant_jws_t           jws;
    auth_tenant_str_t           token, payload;
    auth_tenant_cache_t         cache;
    auth_tenant_claims_t        claims;

    if (argc != 2) {
        fprintf(stderr, "usage: room TOKEN\n");
        return 2;
    }

    token.data = (unsigned char *) argv[1];
    token.len = strlen(argv[1]);

    if (auth_tenant_jws_parse(&jws, &token) != AUTH_TENANT_OK) {
        fprintf(stderr, "no token\n");
        return 2;
    }

    size = auth_tenant_b64url_decoded_len(jws.payload.len);
    text = malloc(size);
    flat = malloc(auth_tenant_claims_size(size));

    if (text == NULL || flat == NULL
        || auth_tenant_jws_payload(&jws, text, size, &payload)
           != AUTH_TENANT_OK
        || auth_tenant_claims_parse(&claims, &payload, flat) != AUTH_TENANT_OK
        || !auth_tenant_cache_layout(&cache, NULL, ROOM_SIZE))
    {
        fprintf(stderr, "no token\n");
        return 2;
    }

    places = auth_tenant_cache_room(&cache, claims.flat.len);

    if (places == 0) {
        fprintf(stderr, "too long\n");
        return 2;
    }

    for (n = 0; claims.flat.len > cache.classes[n].capacity; n++) {
        /* void */
    }

    /* with each place goes its hint */

    size = cache.classes[n].slot_size + sizeof(uint64_t);

    printf("%zu %zu %zu %zu\n", claims.flat.len, size,
           ROOM_SIZE / places, places / (ROOM_SIZE >> 20));

    free(text);
    free(flat);

    return 0;
}
