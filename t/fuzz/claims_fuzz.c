
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Claims.  The first byte says what the rest is:
 *
 *     'f'  a flat form, damaged or not: what opens must be safe to walk
 *     'd'  a number of changes (offset, offset, byte each), then a payload
 *          whose form is changed so
 *     'c'  a claim's place, a line feed, and JSON: what is found must be what
 *          a plain search of jansson's tree finds
 *
 * Any other input is a payload: its form must tell what jansson's tree tells.
 */


#include <math.h>

#include "tree.h"
#include "auth_tenant_json.h"


static const char *const  names[] = { "acme", "", "a/b~1" };

static const char  printable[] =
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
    "abcdefghijklmnopqrstuvwxyz{|}~";


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A date in the domain of doubles; -1 if refused. */

static int64_t
date(json_t *json, int up)
{
    double   d;
    int64_t  t;

    if (!json_is_number(json)) {
        return -1;
    }

    d = json_number_value(json);

    /* -0.0 has a sign, and is no date either */

    if (signbit(d) || !(d <= (double) AUTH_TENANT_MAX_DATE)) {
        return -1;
    }

    t = (int64_t) d;

    return t + (up && d > (double) t);
}


static void
check_text(const auth_tenant_node_t *node)
{
    size_t              i;
    unsigned char      *dst;
    auth_tenant_str_t   text;

    dst = malloc(node->value.len);

    if (auth_tenant_claim_text(node, dst, node->value.len, &text)) {

        check(text.data == dst && text.len <= node->value.len);
        check(auth_tenant_text_valid(&text));

        for (i = 0; i < text.len; i++) {
            check(text.data[i] >= 0x20 && text.data[i] != 0x7f);
        }
    }

    free(dst);
}


static void
walk(const auth_tenant_node_t *node, const auth_tenant_claims_t *claims,
    unsigned depth)
{
    size_t                pos;
    auth_tenant_node_t    child, member;
    const unsigned char  *last;

    last = claims->flat.data + claims->flat.len;

    check(depth <= AUTH_TENANT_MAX_DEPTH);
    check(node->value.data >= claims->flat.data);
    check(node->value.len <= (size_t) (last - node->value.data));

    check_text(node);

    pos = 0;

    while (auth_tenant_node_next(node, &pos, &child)) {
        check(child.key.data + child.key.len == child.value.data);

        if (node->type == AUTH_TENANT_NODE_OBJECT) {
            check(auth_tenant_node_member(node, &child.key, &member));
        }

        walk(&child, claims, depth + 1);
    }

    if (node->type >= AUTH_TENANT_NODE_ARRAY) {
        check(pos == node->value.len);
    }
}


static void
open_form(const uint8_t *data, size_t size)
{
    unsigned char          *exact;
    auth_tenant_str_t       flat;
    auth_tenant_node_t      root;
    auth_tenant_claims_t    claims;

    exact = malloc(size ? size : 1);
    memcpy(exact, data, size);

    flat.data = exact;
    flat.len = size;

    if (auth_tenant_claims_open(&claims, &flat)) {
        check(claims.iss.len > 0 && claims.sub.len > 0);
        check(claims.exp >= 0 && claims.exp <= AUTH_TENANT_MAX_DATE);
        check(claims.nbf >= 0 && claims.nbf <= AUTH_TENANT_MAX_DATE);
        check(claims.iat >= 0 && claims.iat <= AUTH_TENANT_MAX_DATE);

        auth_tenant_claims_root(&claims, &root);
        walk(&root, &claims, 0);

    } else {
        check(claims.flat.len == 0 && claims.iss.data == NULL);
    }

    free(exact);
}


/* Parses; *form is the caller's to free, NULL if the payload is refused. */

static auth_tenant_verdict_e
parse(auth_tenant_claims_t *claims, const uint8_t *data, size_t size,
    unsigned char **form)
{
    unsigned char          *exact;
    auth_tenant_str_t       payload;
    auth_tenant_verdict_e   verdict;

    exact = malloc(size ? size : 1);
    memcpy(exact, data, size);

    payload.data = exact;
    payload.len = size;

    *form = malloc(auth_tenant_claims_size(size));

    verdict = auth_tenant_claims_parse(claims, &payload, *form);

    free(exact);

    if (verdict != AUTH_TENANT_OK) {
        free(*form);
        *form = NULL;
    }

    return verdict;
}


static void
check_payload(const uint8_t *data, size_t size)
{
    json_t                 *json, *iss, *sub, *nbf;
    unsigned char          *form;
    auth_tenant_str_t       payload;
    auth_tenant_node_t      root;
    auth_tenant_claims_t    claims;
    auth_tenant_verdict_e   verdict, refused;

    verdict = parse(&claims, data, size, &form);

    payload.data = data;
    payload.len = size;

    json = NULL;
    refused = AUTH_TENANT_MALFORMED;

    if (size <= AUTH_TENANT_MAX_PAYLOAD) {
        json = auth_tenant_json_parse(&payload, &refused);
    }

    if (json == NULL) {
        check(refused == AUTH_TENANT_MALFORMED);
        check(verdict == AUTH_TENANT_MALFORMED);
        return;
    }

    iss = json_object_get(json, "iss");
    sub = json_object_get(json, "sub");
    nbf = json_object_get(json, "nbf");

    if (json_object_get(json, "events") != NULL) {
        check(verdict == AUTH_TENANT_BAD_TYPE);

    } else if (verdict == AUTH_TENANT_OK) {
        check(json_is_string(iss) && json_string_length(iss) > 0);
        check(json_is_string(sub) && json_string_length(sub) > 0);
        check(claims.exp == date(json_object_get(json, "exp"), 0));
        check(claims.iat == date(json_object_get(json, "iat"), 1));
        check(claims.nbf == (nbf ? date(nbf, 1) : 0));

        auth_tenant_claims_root(&claims, &root);
        compare_tree(&root, json);
        open_form(claims.flat.data, claims.flat.len);

    } else {
        check(verdict == AUTH_TENANT_BAD_CLAIM);
        check(!json_is_string(iss)
              || !json_is_string(sub)
              || json_string_length(iss) == 0
              || json_string_length(sub) == 0
              || json_string_length(sub) > 255
              || date(json_object_get(json, "exp"), 0) < 0
              || date(json_object_get(json, "iat"), 1) < 0
              || (nbf && date(nbf, 1) < 0)
              || strlen(json_string_value(sub))
                 != strspn(json_string_value(sub), printable));
    }

    json_decref(json);
    free(form);
}


static void
change_form(const uint8_t *data, size_t size)
{
    size_t                 i, n, at;
    unsigned char         *form;
    auth_tenant_claims_t   claims;

    if (size == 0) {
        return;
    }

    n = data[0] % 8;
    data++;
    size--;

    if (size < n * 3) {
        return;
    }

    if (parse(&claims, data + n * 3, size - n * 3, &form) != AUTH_TENANT_OK) {
        return;
    }

    for (i = 0; i < n; i++) {
        at = (data[i * 3] << 8 | data[i * 3 + 1]) % claims.flat.len;
        form[at] = data[i * 3 + 2];
    }

    open_form(form, claims.flat.len);

    free(form);
}


/* RFC 6901 section 4: "~1" first, then "~0". */

static json_t *
member(json_t *object, const char *token)
{
    size_t  i, n;
    char    name[65536];

    for (i = 0, n = 0; token[i]; i++) {
        if (token[i] == '~' && token[i + 1] == '1') {
            name[n++] = '/';
            i++;

        } else if (token[i] == '~' && token[i + 1] == '0') {
            name[n++] = '~';
            i++;

        } else {
            name[n++] = token[i];
        }
    }

    name[n] = '\0';

    return json_object_get(object, name);
}


static json_t *
search(json_t *json, char *place)
{
    char  *token, *next;

    if (place[0] != '/') {
        return json_object_get(json, place);
    }

    for (token = place + 1; token != NULL && json != NULL; token = next) {

        next = strchr(token, '/');
        if (next) {
            *next++ = '\0';
        }

        if (strcmp(token, "{tenant}") == 0) {
            json = json_object_get(json, names[AUTH_TENANT_TENANT]);

        } else if (strcmp(token, "{module}") == 0) {
            return NULL;

        } else if (strcmp(token, "{user}") == 0) {
            json = json_object_get(json, names[AUTH_TENANT_USER]);

        } else {
            json = member(json, token);
        }
    }

    return json;
}


static void
find(const uint8_t *data, size_t size)
{
    char                   *place, *text;
    json_t                 *json, *found;
    unsigned                i;
    const uint8_t          *end;
    unsigned char          *form;
    auth_tenant_str_t       source, rest;
    auth_tenant_node_t      node;
    auth_tenant_claim_t     claim;
    auth_tenant_names_t     given;
    auth_tenant_claims_t    claims;
    auth_tenant_verdict_e   verdict;

    end = memchr(data, '\n', size);

    if (end == NULL || memchr(data, '\0', end - data) != NULL) {
        return;
    }

    place = strndup((const char *) data, end - data);

    source.data = data;
    source.len = end - data;
    rest.data = end + 1;
    rest.len = size - source.len - 1;

    json = auth_tenant_json_parse(&rest, &verdict);

    if (auth_tenant_claim_compile(&claim, &source) != NULL || json == NULL) {
        json_decref(json);
        free(place);
        return;
    }

    check(claim.ntokens >= 1 && claim.ntokens <= AUTH_TENANT_MAX_TOKENS);

    /* a payload that has all that is required besides */

    json_object_del(json, "events");
    json_object_del(json, "nbf");
    json_object_set_new(json, "iss", json_string("i"));
    json_object_set_new(json, "sub", json_string("s"));
    json_object_set_new(json, "exp", json_integer(2));
    json_object_set_new(json, "iat", json_integer(1));

    text = json_dumps(json, JSON_COMPACT);

    if (parse(&claims, (uint8_t *) text, strlen(text), &form)
        == AUTH_TENANT_OK)
    {
        for (i = 0; i < AUTH_TENANT_NNAMES; i++) {
            given.name[i].data = (const unsigned char *) names[i];
            given.name[i].len = strlen(names[i]);
        }

        found = search(json, place);

        check(auth_tenant_claim_find(&claim, &claims, &given, &node)
              == (found != NULL));

        if (found != NULL) {
            compare_tree(&node, found);
            check_text(&node);
        }

        if (claim.names) {
            check(!auth_tenant_claim_find(&claim, &claims, NULL, &node));
        }

        free(form);
    }

    free(text);
    free(place);
    json_decref(json);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536) {
        return 0;
    }

    if (size > 0 && data[0] == 'f') {
        open_form(data + 1, size - 1);

    } else if (size > 0 && data[0] == 'd') {
        change_form(data + 1, size - 1);

    } else if (size > 0 && data[0] == 'c') {
        find(data + 1, size - 1);

    } else {
        check_payload(data, size);
    }

    return 0;
}
