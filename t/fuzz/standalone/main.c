
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * Feeds files to a fuzz target without libFuzzer: the corpus as a regression
 * test, for any compiler.  Arguments are files and directories.
 */


#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((weak))
int LLVMFuzzerInitialize(int *argc, char ***argv);


static unsigned  fed;


static int
feed_file(const char *name, size_t size)
{
    FILE     *file;
    size_t    n;
    uint8_t  *data;

    file = fopen(name, "rb");
    if (file == NULL) {
        perror(name);
        return 1;
    }

    /* of exactly this size, so that ASan sees a byte too far */

    data = malloc(size ? size : 1);
    if (data == NULL) {
        perror(name);
        fclose(file);
        return 1;
    }

    n = fread(data, 1, size, file);
    fclose(file);

    if (n != size) {
        fprintf(stderr, "%s: read %zu of %zu\n", name, n, size);
        free(data);
        return 1;
    }

    LLVMFuzzerTestOneInput(data, size);

    free(data);
    fed++;

    return 0;
}


static int
feed(const char *name)
{
    int             rc;
    DIR            *dir;
    char            path[4096];
    struct stat     st;
    struct dirent  *entry;

    if (stat(name, &st) != 0) {
        perror(name);
        return 1;
    }

    if (!S_ISDIR(st.st_mode)) {
        return feed_file(name, (size_t) st.st_size);
    }

    dir = opendir(name);
    if (dir == NULL) {
        perror(name);
        return 1;
    }

    rc = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }

        snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
        rc |= feed(path);
    }

    closedir(dir);

    return rc;
}


int
main(int argc, char **argv)
{
    int  i, rc;

    if (LLVMFuzzerInitialize) {
        LLVMFuzzerInitialize(&argc, &argv);
    }

    LLVMFuzzerTestOneInput((const uint8_t *) "", 0);

    rc = 0;

    for (i = 1; i < argc; i++) {
        rc |= feed(argv[i]);
    }

    printf("%u inputs\n", fed);

    /* a replay of nothing is no test */

    return rc || fed == 0;
}
