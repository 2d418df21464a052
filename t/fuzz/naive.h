
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * What rules mean, written once more and in another way: on jansson's tree
 * and C strings, each sentence by itself, whatever it costs.
 */


#ifndef _NAIVE_H_INCLUDED_
#define _NAIVE_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "auth_tenant_rules.h"


#define NAIVE_MAX_RULES   6
#define NAIVE_MAX_VALUES  4


typedef struct {
    const char  *place;
    int          has;
    const char  *values[NAIVE_MAX_VALUES];    /* up to the first NULL */
    unsigned     methods;
    unsigned     level;
} naive_rule_t;


typedef struct {
    json_t        *json;
    const char    *names[AUTH_TENANT_NNAMES];
    const char    *variable;                  /* "$v" */
    const char    *claims[AUTH_TENANT_NNAMES];
    const char    *issuer;                    /* the tenant; NULL: no realms */
    unsigned       method;
    unsigned       captured;
    unsigned       waived;
    unsigned       none;
    unsigned       nrules;
    naive_rule_t   rules[NAIVE_MAX_RULES];
    int            failed;
} naive_t;


/* The bit of a placeholder that a text begins with, or -1; its length. */

static int
naive_placeholder(const char *text, size_t *len)
{
    if (strncmp(text, "{tenant}", 8) == 0) {
        *len = 8;
        return AUTH_TENANT_TENANT;
    }

    if (strncmp(text, "{module}", 8) == 0) {
        *len = 8;
        return AUTH_TENANT_MODULE;
    }

    if (strncmp(text, "{user}", 6) == 0) {
        *len = 6;
        return AUTH_TENANT_USER;
    }

    return -1;
}


static unsigned
naive_mentions(const char *text)
{
    return (strstr(text, "{tenant}") ? 1u << AUTH_TENANT_TENANT : 0)
           | (strstr(text, "{module}") ? 1u << AUTH_TENANT_MODULE : 0)
           | (strstr(text, "{user}") ? 1u << AUTH_TENANT_USER : 0);
}


/*
 * Fills in a text; 0 if it can't be.  A value is not empty, has no control
 * character and no space at its ends, and what stands behind it is found
 * where it ends and not before.
 */

static int
naive_expand(const naive_t *naive, const char *text, char *dst)
{
    int          name;
    char         joined[256], literal[64];
    size_t       len, i, n;
    const char  *value;

    *dst = '\0';

    while (*text) {

        name = naive_placeholder(text, &len);

        if (name >= 0) {
            value = naive->names[name];
            text += len;

        } else if (*text == '$') {
            value = naive->variable;
            text += 2;

        } else {
            n = strlen(dst);
            dst[n] = *text++;
            dst[n + 1] = '\0';
            continue;
        }

        if (value == NULL || *value == '\0' || *value == ' '
            || value[strlen(value) - 1] == ' ')
        {
            return 0;
        }

        for (i = 0; value[i]; i++) {
            if (value[i] < ' ') {
                return 0;
            }
        }

        n = strcspn(text, "{$");

        if (text[n] != '\0') {
            memcpy(literal, text, n);
            literal[n] = '\0';

            snprintf(joined, sizeof(joined), "%s%s", value, literal);

            if (strstr(joined, literal) != joined + strlen(value)) {
                return 0;
            }
        }

        strcat(dst, value);
    }

    return 1;
}


static json_t *
naive_find(const naive_t *naive, const char *place)
{
    int      name;
    char     token[64];
    size_t   n, len;
    json_t  *json;

    if (*place != '/') {
        return json_object_get(naive->json, place);
    }

    json = naive->json;

    while (*place == '/') {
        place++;
        name = naive_placeholder(place, &len);

        if (name >= 0) {
            place += len;

            if (naive->names[name] == NULL || *naive->names[name] == '\0') {
                return NULL;
            }

            json = json_object_get(json, naive->names[name]);
            continue;
        }

        for (n = 0; *place && *place != '/'; n++) {
            token[n] = *place++;

            if (token[n] == '~') {
                token[n] = (*place++ == '1') ? '/' : '~';
            }
        }

        token[n] = '\0';
        json = json_object_get(json, token);
    }

    return json;
}


static int
naive_empty(const json_t *json)
{
    return json == NULL
           || json_is_null(json)
           || json_is_false(json)
           || (json_is_string(json) && json_string_length(json) == 0)
           || (json_is_array(json) && json_array_size(json) == 0)
           || (json_is_object(json) && json_object_size(json) == 0);
}


static int
naive_fits(const char *place, const json_t *json, int has, const char *value)
{
    char         padded[256], word[256];
    size_t       i;
    const char  *text;

    if (*value == '\0') {
        return 0;
    }

    text = json_string_value(json);

    if (!has) {
        return text != NULL && strcmp(text, value) == 0;
    }

    if (json_is_object(json)) {
        return !naive_empty(json_object_get(json, value));
    }

    for (i = 0; i < json_array_size(json); i++) {
        if (json_is_string(json_array_get(json, i))
            && strcmp(json_string_value(json_array_get(json, i)), value) == 0)
        {
            return 1;
        }
    }

    if (text == NULL || strchr(value, ' ') != NULL) {
        return 0;
    }

    if (strcmp(place, "scope") != 0 && strcmp(place, "/scope") != 0
        && strcmp(place, "spaced") != 0)
    {
        return 0;
    }

    snprintf(padded, sizeof(padded), " %s ", text);
    snprintf(word, sizeof(word), " %s ", value);

    return strstr(padded, word) != NULL;
}


/* Methods of a rule, each as a question of its own. */

static int
naive_names_method(const naive_rule_t *rule, unsigned method)
{
    if (method == AUTH_TENANT_METHOD_HEAD
        && (rule->methods & AUTH_TENANT_METHOD_GET))
    {
        return 1;
    }

    return (rule->methods & method) != 0;
}


static int
naive_admits(const naive_t *naive)
{
    unsigned  i, level, some, this;

    for (level = 0; level < 256; level++) {
        some = this = 0;

        for (i = 0; i < naive->nrules; i++) {
            if (naive->rules[i].level == level && naive->rules[i].methods) {
                some = 1;
                this |= naive_names_method(&naive->rules[i], naive->method);
            }
        }

        if (some && !this) {
            return 0;
        }
    }

    return 1;
}


static unsigned
naive_constrains(const naive_rule_t *rule)
{
    unsigned  i, all;

    if (rule->values[0] == NULL) {
        return naive_mentions(rule->place);
    }

    all = 7;

    for (i = 0; i < NAIVE_MAX_VALUES && rule->values[i]; i++) {
        all &= naive_mentions(rule->values[i]);
    }

    return all | naive_mentions(rule->place);
}


static auth_tenant_verdict_e
naive_default(const naive_t *naive, unsigned name, auth_tenant_verdict_e no)
{
    json_t  *json;

    if (name == AUTH_TENANT_TENANT && naive->issuer && !naive->claims[name]) {
        return AUTH_TENANT_OK;
    }

    json = naive->claims[name] ? naive_find(naive, naive->claims[name])
                               : NULL;
    if (json == NULL) {
        return AUTH_TENANT_NO_CLAIM;
    }

    if (naive->names[name] == NULL) {
        return no;
    }

    return naive_fits(naive->claims[name], json, name == AUTH_TENANT_MODULE,
                      naive->names[name])
           ? AUTH_TENANT_OK : no;
}


static auth_tenant_verdict_e
naive_rule(const naive_t *naive, const naive_rule_t *rule)
{
    char      value[AUTH_TENANT_MAX_EXPANDED];
    json_t   *json;
    unsigned  i;

    json = naive_find(naive, rule->place);
    if (json == NULL) {
        return AUTH_TENANT_NO_CLAIM;
    }

    for (i = 0; i < NAIVE_MAX_VALUES && rule->values[i]; i++) {
        if (naive_expand(naive, rule->values[i], value)
            && naive_fits(rule->place, json, rule->has, value))
        {
            return AUTH_TENANT_OK;
        }
    }

    return AUTH_TENANT_RULE;
}


static auth_tenant_verdict_e
naive_judge(naive_t *naive)
{
    unsigned               i, n, ruled, held, judged;
    auth_tenant_verdict_e  rc;

    static const struct {
        unsigned               name;
        auth_tenant_verdict_e  no;
    } order[] = {
        { AUTH_TENANT_TENANT, AUTH_TENANT_WRONG_TENANT },
        { AUTH_TENANT_USER, AUTH_TENANT_WRONG_USER },
        { AUTH_TENANT_MODULE, AUTH_TENANT_WRONG_MODULE }
    };

    naive->failed = -1;

    if (!naive_admits(naive)) {
        return AUTH_TENANT_METHOD;
    }

    ruled = held = judged = 0;

    if (naive->issuer && (naive->captured & ~naive->waived & 1)) {

        if (naive->names[AUTH_TENANT_TENANT] == NULL
            || strcmp(naive->names[AUTH_TENANT_TENANT], naive->issuer) != 0)
        {
            return AUTH_TENANT_WRONG_TENANT;
        }

        held |= 1;
    }

    for (i = 0; i < naive->nrules; i++) {
        ruled |= naive_constrains(&naive->rules[i]);
    }

    for (i = 0; i < 3; i++) {
        n = 1u << order[i].name;

        if (!(naive->captured & n) || (naive->waived & n) || (ruled & n)) {
            continue;
        }

        judged++;

        rc = naive_default(naive, order[i].name, order[i].no);
        if (rc != AUTH_TENANT_OK) {
            return rc;
        }

        held |= n;
    }

    for (i = 0; i < naive->nrules; i++) {

        if (naive->rules[i].methods != 0
            && !naive_names_method(&naive->rules[i], naive->method))
        {
            continue;
        }

        judged++;

        rc = naive_rule(naive, &naive->rules[i]);
        if (rc != AUTH_TENANT_OK) {
            naive->failed = i;
            return rc;
        }

        held |= naive_constrains(&naive->rules[i]);
    }

    for (n = 1; n < 8; n <<= 1) {
        if ((naive->captured & n) && !(naive->waived & n) && !(held & n)) {
            return AUTH_TENANT_RULE;
        }
    }

    return (judged == 0 && !naive->none) ? AUTH_TENANT_RULE : AUTH_TENANT_OK;
}


#endif /* _NAIVE_H_INCLUDED_ */
