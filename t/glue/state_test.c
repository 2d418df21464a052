
/*
 * Copyright (C) nginx-auth-tenant authors
 *
 * State files: whatever fails or is killed when, the file is old or new, and
 * what is not exactly what was written is refused (A7.8, E19).  The system
 * calls of the code go through here, to fail or to kill at each of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <pthread.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tap.h"


#define MAX_CALLS  64


static int   hook(const char *name, int err);
static int   hook_open(const char *path, int flags, mode_t mode);
static int   hook_flock(int fd, int how);
static int   hook_rename(const char *from, const char *to);
static int   hook_fsync(int fd);
static ssize_t  hook_write(int fd, const void *p, size_t n);


#define hook_or(name, err, call)  (hook(name, err) == -1 ? -1 : (call))

#define open(path, flags, ...)    hook_open(path, flags, __VA_ARGS__ + 0)
#define flock(fd, how)            hook_flock(fd, how)
#define rename(from, to)          hook_rename(from, to)
#define fsync(fd)                 hook_fsync(fd)
#define write(fd, p, n)           hook_write(fd, p, n)
#define fchmod(fd, mode)          hook_or("fchmod", EPERM, (fchmod)(fd, mode))
#define ftruncate(fd, len)        hook_or("ftruncate", EROFS,                 \
                                          (ftruncate)(fd, len))
#define fstat(fd, st)             hook_or("fstat", EIO, (fstat)(fd, st))
#define lstat(path, st)           hook_or("lstat", EACCES, (lstat)(path, st))
#define unlink(path)              hook_or("unlink", EROFS, (unlink)(path))

#include "../../src/ngx_http_auth_tenant_state.c"
#include "../../src/ngx_http_auth_tenant_state_job.c"
#include "../../src/ngx_http_auth_tenant_state_write.c"

#undef open
#undef flock
#undef rename
#undef fsync
#undef write
#undef fchmod
#undef ftruncate
#undef fstat
#undef lstat
#undef unlink


ngx_uint_t          ngx_exiting;

static ngx_str_t    path, issuer = ngx_string("https://login.example.com/a");
static ngx_str_t    old = ngx_string("{\"keys\":[\"old\"]}");
static ngx_str_t    new = ngx_string("{\"keys\":[\"new\",\"and longer\"]}");
static char         dir[] = "/tmp/state-XXXXXX";
static char         name[64], temp[64], other[64];
static ngx_log_t    logger;

static ngx_uint_t   errors, notices;
static char         logged[512];

/* the calls of one write, and what is done to one of them */

static pthread_t    self;
static char         calls[MAX_CALLS][16];
static ngx_uint_t   ncalls, fail_at, kill_at, slow, blocked;
static void       (*before_flock)(void);


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return malloc(size);
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    return calloc(1, size);
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    va_list  args;

    if (level == NGX_LOG_ERR) {
        errors++;
    }

    if (level == NGX_LOG_NOTICE) {
        notices++;
    }

    /* of nginx's formats only those that are libc's, too */

    va_start(args, fmt);
    (void) vsnprintf(logged, sizeof(logged), fmt, args);
    va_end(args);

    (void) snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged),
                    " (%s)", strerror(err));
}


/* Before each call: -1 if it is to fail; may not return at all. */

static int
hook(const char *name, int err)
{
    sigset_t  set;

    if (pthread_equal(pthread_self(), self) && kill_at == 0 && fail_at == 0) {
        return 0;
    }

    if (pthread_sigmask(SIG_SETMASK, NULL, &set) == 0
        && sigismember(&set, SIGTERM) && sigismember(&set, SIGXFSZ))
    {
        blocked = 1;
    }

    (void) snprintf(calls[ncalls % MAX_CALLS], 16, "%s", name);
    ncalls++;

    if (ncalls == kill_at) {
        kill(getpid(), SIGKILL);
    }

    if (ncalls == fail_at) {
        errno = err;
        return -1;
    }

    return 0;
}


static int
hook_open(const char *path, int flags, mode_t mode)
{
    if (hook((flags & O_DIRECTORY) ? "opendir" : "open", ENFILE) == -1) {
        return -1;
    }

    return open(path, flags, mode);
}


static int
hook_flock(int fd, int how)
{
    void  (*before)(void);

    if (hook("flock", ENOLCK) == -1) {
        return -1;
    }

    before = before_flock;
    before_flock = NULL;

    if (before) {
        before();
    }

    return flock(fd, how);
}


static int
hook_rename(const char *from, const char *to)
{
    return hook("rename", EROFS) == -1 ? -1 : rename(from, to);
}


static int
hook_fsync(int fd)
{
    if (slow) {
        usleep(slow * 1000);
    }

    return hook("fsync", EIO) == -1 ? -1 : fsync(fd);
}


/* in two halves, so that something can happen in between */

static ssize_t
hook_write(int fd, const void *p, size_t n)
{
    if (hook("write", ENOSPC) == -1) {
        return -1;
    }

    return write(fd, p, n > 300 ? n / 2 : n);
}


static ngx_str_t
slurp(const char *file)
{
    int        fd;
    ssize_t    n;
    ngx_str_t  text;

    text.data = calloc(1, 1 << 20);
    text.len = 0;

    fd = open(file, O_RDONLY);
    n = fd == -1 ? -1 : read(fd, text.data, (1 << 20) - 1);

    if (n > 0) {
        text.len = n;
    }

    close(fd);

    return text;
}


static void
spew(const char *file, const void *p, size_t len)
{
    int  fd;

    (void) unlink(file);

    fd = open(file, O_WRONLY|O_CREAT|O_TRUNC, 0600);

    if (write(fd, p, len) != (ssize_t) len) {
        abort();
    }

    close(fd);
}


/* What is read from a file: its document, "none", or why it is refused. */

static const char *
reads_of(const char *file, ngx_str_t *iss, ngx_uid_t user)
{
    time_t        fetched;
    ngx_int_t     rc;
    ngx_str_t     document, p;
    const char   *why;

    static char   text[AUTH_TENANT_MAX_DOCUMENT + 1];

    p.data = (u_char *) file;
    p.len = strlen(file);
    why = NULL;

    rc = ngx_http_auth_tenant_state_read(&p, iss, user, &document, &fetched,
                                         &why, &logger);

    if (rc == NGX_DECLINED) {
        return "none";
    }

    if (rc != NGX_OK) {
        return why;
    }

    if (fetched != 1700000000) {
        return "another time";
    }

    memcpy(text, document.data, document.len);
    text[document.len] = '\0';
    free(document.data);

    return text;
}


static const char *
reads(void)
{
    return reads_of(name, &issuer, (ngx_uid_t) -1);
}


static ngx_int_t
starts(ngx_str_t *document)
{
    ncalls = 0;
    return ngx_http_auth_tenant_state_write(&path, &issuer, document,
                                            1700000000, &logger);
}


/* One write to its end; 1 if it went well. */

static int
writes(ngx_str_t *document)
{
    ngx_uint_t                     before;
    ngx_http_auth_tenant_write_t  *w;

    before = errors;

    if (starts(document) != NGX_OK) {
        return 0;
    }

    for ( ;; ) {
        ngx_http_auth_tenant_state_reap(&logger);

        w = ngx_http_auth_tenant_state_find(&path);

        if (w == NULL) {
            return errors == before;
        }

        if (w->job == NULL) {
            return 0;
        }

        usleep(100);
    }
}


/*
 * A thread that has said that it is done may still be on its way out, with a
 * lock of the sanitizer's in its hand; a child that was forked then would wait
 * for that lock for ever.
 */

static pid_t
fork_alone(void)
{
    DIR            *tasks;
    ngx_uint_t      n;
    struct dirent  *entry;

    do {
        tasks = opendir("/proc/self/task");
        if (tasks == NULL) {
            return -1;
        }

        n = 0;

        for (entry = readdir(tasks); entry; entry = readdir(tasks)) {
            n += entry->d_name[0] != '.';
        }

        closedir(tasks);

    } while (n > 1);

    return fork();
}


/* no failure is remembered any more */

static void
forget(void)
{
    ngx_http_auth_tenant_state_done(0, &logger);
    errors = 0;
    notices = 0;
    logged[0] = '\0';
}


static void
round_trip(void)
{
    ngx_str_t    text, large;
    struct stat  st;

    static const char  begins[] =
        "auth_tenant state 1\nissuer https://login.example.com/a\n"
        "fetched 1700000000\nlength 16\nsha256 ";

    ok(strcmp(reads(), "none") == 0, "there is no file at first");
    ok(writes(&old) && strcmp(reads(), (char *) old.data) == 0,
       "what is written is read");
    ok(stat(name, &st) == 0 && (st.st_mode & 07777) == 0600,
       "its mode is 0600");
    ok(stat(temp, &st) == -1, "nothing is left beside it");
    ok(blocked, "its thread takes no signals");

    text = slurp(name);
    ok(strncmp((char *) text.data, begins, strlen(begins)) == 0,
       "it says whose and when");
    free(text.data);

    large.len = AUTH_TENANT_MAX_DOCUMENT + 1;
    large.data = malloc(large.len);
    memset(large.data, 'x', large.len);

    ok(starts(&large) == NGX_ERROR, "more than 256k is not written");
    large.len--;
    ok(writes(&large)
       && strlen(reads()) == AUTH_TENANT_MAX_DOCUMENT, "256k is");
    large.len = 0;
    ok(starts(&large) == NGX_ERROR, "nothing is not");
    free(large.data);

    umask(0);
    spew(temp, "left over, longer than what will be written there ........"
               "........................................................."
               "........................................................."
               ".........................................................",
         220);
    chmod(temp, 0666);
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0
       && stat(name, &st) == 0 && (st.st_mode & 07777) == 0600,
       "what an earlier one left is overwritten");
    umask(022);
}


/* Whatever is changed, cut off or added. */

static void
damage(void)
{
    u_char      c;
    size_t      i;
    ngx_str_t   text;
    ngx_uint_t  changed, cut;

    writes(&old);
    text = slurp(name);
    changed = 0;
    cut = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        text.data[i] = c ^ 1;
        spew(other, text.data, text.len);
        changed += strncmp(reads_of(other, &issuer, 0), "it is ", 6) == 0;

        text.data[i] = c ^ 0x80;
        spew(other, text.data, text.len);
        changed += strncmp(reads_of(other, &issuer, 0), "it is ", 6) == 0;

        text.data[i] = c;
        spew(other, text.data, i);
        cut += strncmp(reads_of(other, &issuer, 0), "it is ", 6) == 0;
    }

    ok(changed == 2 * text.len, "any byte changed is refused");
    ok(cut == text.len, "so is any truncation");

    spew(other, text.data, text.len + 1);
    ok(strcmp(reads_of(other, &issuer, 0), "it is damaged") == 0,
       "and a byte more");

    spew(other, text.data, text.len);
    ok(strcmp(reads_of(other, &issuer, 0), (char *) old.data) == 0,
       "but not the same bytes");

    free(text.data);
}


/* A file as anybody could make it who can compute a checksum. */

static const char *
made(const char *fetched, const char *length, const char *document)
{
    int         n;
    char        text[1024];
    u_char      digest[32];
    ngx_str_t   doc;
    ngx_uint_t  i;

    doc.data = (u_char *) document;
    doc.len = strlen(document);

    n = sprintf(text, NGX_HTTP_AUTH_TENANT_STATE_MARK
                "issuer %s\nfetched %s\nlength %s\n", issuer.data, fetched,
                length);
    (void) ngx_http_auth_tenant_state_digest(digest, (u_char *) text, n, &doc);
    n += sprintf(text + n, "sha256 ");

    for (i = 0; i < 32; i++) {
        n += sprintf(text + n, "%02x", digest[i]);
    }

    n += sprintf(text + n, "\n\n%s", document);
    spew(other, text, n);

    return reads_of(other, &issuer, 0);
}


static void
forms(void)
{
    ok(strcmp(made("1700000000", "2", "{}"), "{}") == 0, "a form");
    ok(strcmp(made("01700000000", "2", "{}"), "it is damaged") == 0,
       "a zero before a number");
    ok(strcmp(made("1700000000 ", "2", "{}"), "it is damaged") == 0,
       "a blank after it");
    ok(strcmp(made("-1", "2", "{}"), "it is damaged") == 0,
       "a time before the epoch");
    ok(strcmp(made("253402300800", "2", "{}"), "it is damaged") == 0,
       "one after the year 9999");
    ok(strcmp(made("99999999999999999999", "2", "{}"), "it is damaged") == 0,
       "one beyond all numbers");
    ok(strcmp(made("", "2", "{}"), "it is damaged") == 0, "none");
    ok(strcmp(made("1700000000", "1", "{}"), "it is damaged") == 0,
       "a length that is less");
    ok(strcmp(made("1700000000", "3", "{}"), "it is damaged") == 0,
       "or more");
    ok(strcmp(made("1700000000", "100000", "{}"), "it is damaged") == 0,
       "or more than the file");
    ok(strcmp(made("1700000000", "0", ""), "it is damaged") == 0,
       "no document");
}


static void
issuers(void)
{
    ngx_str_t   iss;
    ngx_uint_t  i, refused;

    static const char  *const wrong[] = {
        "https://login.example.com/b", "https://login.example.com/",
        "https://login.example.com/ab", "HTTPS://login.example.com/a", ""
    };

    writes(&old);
    refused = 0;

    for (i = 0; i < 5; i++) {
        iss.data = (u_char *) wrong[i];
        iss.len = strlen(wrong[i]);
        refused += strcmp(reads_of(name, &iss, 0),
                          "it is of another issuer, or of other settings")
                   == 0;
    }

    ok(refused == 5, "another issuer's keys are refused");
}


/* Whose it is, what it is, who else may write it. */

static void
files(void)
{
    int          fd;
    ngx_str_t    text;
    const char  *why;

    writes(&old);
    text = slurp(name);

    (void) unlink(other);
    ok(symlink(name, other) == 0
       && strncmp(reads_of(other, &issuer, 0), "it can't be opened", 18) == 0,
       "a symbolic link is not followed");

    (void) unlink(other);
    alarm(5);
    ok(mkfifo(other, 0600) == 0
       && strcmp(reads_of(other, &issuer, 0), "it is not a regular file") == 0,
       "a FIFO is refused, and not waited for");
    alarm(0);

    ok(strcmp(reads_of(dir, &issuer, 0), "it is not a regular file") == 0,
       "so is a directory");

    spew(other, text.data, text.len);
    chmod(other, 0620);
    why = reads_of(other, &issuer, 0);
    ok(strncmp(why, "others may write it", 19) == 0, "its group may write it");
    chmod(other, 0602);
    why = reads_of(other, &issuer, 0);
    ok(strncmp(why, "others may write it", 19) == 0, "anybody may write it");
    chmod(other, 0644);
    ok(strcmp(reads_of(other, &issuer, 0), (char *) old.data) == 0,
       "that others may read it is no harm: keys are public");

    fd = open(other, O_WRONLY);
    ok(ftruncate(fd, 1 << 30) == 0
       && strcmp(reads_of(other, &issuer, 0), "it is too large") == 0,
       "a huge one is not read");
    close(fd);

    if (geteuid() != 0) {
        ok(1, "# SKIP only root can give files away");
        ok(1, "# SKIP only root can give files away");

    } else {
        spew(other, text.data, text.len);
        ok(chown(other, 12345, (gid_t) -1) == 0
           && strncmp(reads_of(other, &issuer, 54321), "it belongs to", 13)
              == 0,
           "one of just any user is refused");
        ok(strcmp(reads_of(other, &issuer, 12345), (char *) old.data) == 0,
           "unless it is the workers'");
    }

    free(text.data);
}


/* What stands at PATH.tmp that is not ours to write. */

static void
beside(void)
{
    char       none[64];
    ngx_str_t  text;

    sprintf(none, "%s/none", dir);
    writes(&old);

    spew(other, "precious", 8);
    ok(symlink(other, temp) == 0 && !writes(&new), "a link beside it");
    forget();
    (void) unlink(temp);

    ok(symlink("none", temp) == 0 && !writes(&new)
       && access(none, F_OK) == -1, "a link to nothing");
    forget();
    (void) unlink(temp);

    ok(link(other, temp) == 0 && !writes(&new), "a hard link");
    forget();
    (void) unlink(temp);

    text = slurp(other);
    ok(strcmp((char *) text.data, "precious") == 0,
       "are not written through");
    free(text.data);

    alarm(5);
    ok(mkfifo(temp, 0600) == 0 && !writes(&new), "a FIFO is not waited for");
    alarm(0);
    forget();
    (void) unlink(temp);

    if (geteuid() == 0) {
        spew(temp, "x", 1);
        ok(chown(temp, 12345, (gid_t) -1) == 0 && !writes(&new),
           "another user's file is not used");
        forget();
        (void) unlink(temp);

    } else {
        ok(1, "# SKIP only root can give files away");
    }

    ok(strcmp(reads(), (char *) old.data) == 0, "the old one stays");
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "until all is well again");
}


/* The disk has it before the name does, and the name before it is said. */

static void
order(void)
{
    ngx_uint_t  i, n;

    static const char  *const expected[] = {
        "open", "flock", "fstat", "lstat", "fchmod", "ftruncate", "write",
        "fsync", "rename", "opendir", "fsync"
    };

    writes(&old);
    n = ncalls == 11;

    for (i = 0; i < 11 && n; i++) {
        n = strcmp(calls[i], expected[i]) == 0;
    }

    ok(n, "written, flushed, renamed, directory flushed");
}


static void
failures(void)
{
    int         kept, told, again;
    ngx_uint_t  i, last;
    char        whole[64];

    writes(&old);
    last = ncalls;
    kept = told = again = 0;

    for (i = 1; i <= last; i++) {
        writes(&old);

        fail_at = i;
        told += !writes(&new) && errors == 1 && strstr(logged, name) != NULL;

        /* renamed before the directory's; cleared away once it was locked */

        (void) snprintf(whole, sizeof(whole), "%s",
                        (char *) (i > last - 2 ? new.data : old.data));
        kept += strcmp(reads(), whole) == 0
                && (i < 5 || access(temp, F_OK) == -1);

        (void) starts(&new);
        usleep(2000);
        ngx_http_auth_tenant_state_done(500, &logger);
        told -= errors != 1;

        fail_at = 0;
        forget();
        again += writes(&new) && strcmp(reads(), (char *) new.data) == 0;
        forget();
    }

    ok(told == (int) last, "each call that fails is told");
    ok(kept == (int) last, "the file is the old one then, or the new one");
    ok(again == (int) last, "and the next write goes well");
}


static void
once(void)
{
    forget();
    writes(&old);

    fail_at = 7;
    (void) writes(&new);
    (void) writes(&new);
    (void) writes(&new);
    ok(errors == 1 && strstr(logged, "write() failed") != NULL
       && strstr(logged, strerror(ENOSPC)) != NULL,
       "a full disk is told once");
    fail_at = 0;

    ok(writes(&new) && notices == 1, "its end, too");
    ok(writes(&new) && notices == 1, "once");
    forget();
}


/* A real limit, and its real signal, in a process of its own. */

static void
limit(void)
{
    int            status;
    pid_t          pid;
    ngx_str_t      large;
    struct rlimit  rlmt;

    writes(&old);

    large.len = 100000;
    large.data = malloc(large.len);
    memset(large.data, 'x', large.len);

    pid = fork_alone();

    if (pid == 0) {
        self = pthread_self();
        rlmt.rlim_cur = rlmt.rlim_max = 4096;
        setrlimit(RLIMIT_FSIZE, &rlmt);
        _exit(!writes(&large) && errors == 1 ? 0 : 1);
    }

    waitpid(pid, &status, 0);
    ok(status == 0, "a limit of the file's size only fails the write");
    ok(strcmp(reads(), (char *) old.data) == 0, "and the old one stays");
    free(large.data);
}


/* Killed before each call. */

static void
killed(void)
{
    int           status, right, again;
    pid_t         pid;
    ngx_uint_t    i;
    const char   *text;
    ngx_str_t     large;

    large.len = 100000;
    large.data = calloc(1, large.len + 1);
    memset(large.data, 'x', large.len);

    right = again = 0;

    for (i = 1; i < MAX_CALLS; i++) {
        writes(&old);

        pid = fork_alone();

        if (pid == 0) {
            self = pthread_self();
            kill_at = i;
            (void) writes(&large);
            _exit(0);
        }

        waitpid(pid, &status, 0);

        text = reads();
        right += strcmp(text, (char *) old.data) == 0
                 || strcmp(text, (char *) large.data) == 0;
        again += writes(&new) && strcmp(reads(), (char *) new.data) == 0;

        if (WIFEXITED(status)) {
            break;
        }
    }

    ok(i > 12, "there are calls to be killed before");
    ok(right == (int) i, "the file is old or new then, never mixed");
    ok(again == (int) i, "and the next write goes well");
    free(large.data);
}


/* Killed whenever, with others that write, and one who reads all the time. */

static void
crowd(void)
{
    int          i, n, wrong;
    pid_t        pid[3];
    ngx_str_t    doc[3];
    const char  *text;

    for (n = 0; n < 3; n++) {
        doc[n].len = 1000 + 60000 * n;
        doc[n].data = calloc(1, doc[n].len + 1);
        memset(doc[n].data, 'a' + n, doc[n].len);
    }

    writes(&doc[0]);
    wrong = 0;

    for (i = 0; i < 40; i++) {

        for (n = 0; n < 3; n++) {
            pid[n] = fork_alone();

            if (pid[n] == 0) {
                self = pthread_self();
                for ( ;; ) {
                    (void) writes(&doc[n]);
                }
            }
        }

        srand(i);

        for (n = 0; n < 3; n++) {
            usleep(rand() % 8000);

            text = reads();
            wrong += strcmp(text, (char *) doc[0].data) != 0
                     && strcmp(text, (char *) doc[1].data) != 0
                     && strcmp(text, (char *) doc[2].data) != 0;

            kill(pid[n], SIGKILL);
        }

        for (n = 0; n < 3; n++) {
            waitpid(pid[n], NULL, 0);
        }
    }

    ok(wrong == 0, "it is always whole while three write and are killed");
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "and then one more");

    for (n = 0; n < 3; n++) {
        free(doc[n].data);
    }
}


static int  others;


/* what another process does that had the lock when we opened the file */

static void
overtake(void)
{
    others = open(temp, O_RDWR);

    if (write(others, "theirs", 6) != 6 || rename(temp, name) == -1) {
        abort();
    }
}


/* and there is a third one */

static void
overtake_and_go_on(void)
{
    overtake();
    spew(temp, "", 0);
}


static void
race(void)
{
    char        text[16];
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        writes(&old);
        before_flock = i ? overtake_and_go_on : overtake;
        ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
           "a file that was renamed by another is not ours to write");

        memset(text, 0, sizeof(text));
        ok(pread(others, text, 15, 0) == 6 && strcmp(text, "theirs") == 0,
           "and keeps what the other wrote");
        close(others);
    }
}


static void
locked(void)
{
    int    fd, status;
    pid_t  pid;

    forget();
    writes(&old);

    pid = fork_alone();

    if (pid == 0) {
        fd = open(temp, O_WRONLY|O_CREAT, 0600);
        (void) flock(fd, LOCK_EX);
        usleep(200000);
        _exit(0);
    }

    usleep(50000);
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "who comes second waits for the lock");
    waitpid(pid, &status, 0);
    forget();
}


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
busy(void)
{
    char       second[80];
    double     start;
    ngx_str_t  p;

    forget();
    writes(&old);
    slow = 300;

    start = now();
    ok(starts(&new) == NGX_OK && now() - start < 0.1,
       "nobody waits for a slow disk");
    ok(starts(&new) == NGX_BUSY, "one write of a path at a time");
    ok(ngx_http_auth_tenant_state_busy(&path, &logger), "it is under way");

    sprintf(second, "%s/second", dir);
    p.data = (u_char *) second;
    p.len = strlen(second);
    ok(ngx_http_auth_tenant_state_write(&p, &issuer, &new, 1700000000,
                                        &logger)
       == NGX_OK, "but several of several");

    start = now();
    ngx_http_auth_tenant_state_done(50, &logger);
    ok(now() - start < 0.2, "the end waits no longer than it is told");

    ngx_http_auth_tenant_state_done(5000, &logger);
    ok(ngx_queue_empty(&ngx_http_auth_tenant_writes)
       && strcmp(reads(), (char *) new.data) == 0
       && strcmp(reads_of(second, &issuer, 0), (char *) new.data) == 0,
       "and if it waits, all is written");

    ok(!ngx_http_auth_tenant_state_busy(&path, &logger), "it no longer is");

    slow = 0;
    (void) unlink(second);
}


/* A7.2: whoever came after it may have other settings. */

static void
exiting(void)
{
    ngx_str_t  was, others = ngx_string("https://login.example.com/a other");

    forget();
    was = issuer;

    writes(&old);
    ngx_exiting = 1;
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "a process that exits writes over its own file");

    (void) unlink(name);
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "or where there is none");

    ngx_exiting = 0;
    issuer = others;
    writes(&old);
    issuer = was;
    ngx_exiting = 1;
    ok(writes(&new) && access(temp, F_OK) == -1
       && strcmp(reads_of(name, &others, 0), (char *) old.data) == 0,
       "but leaves another owner's");

    spew(name, "auth", 4);
    ok(writes(&new) && strncmp(reads(), "it is damaged", 13) == 0,
       "and what is not a whole one");

    ngx_exiting = 0;
    ok(writes(&new) && strcmp(reads(), (char *) new.data) == 0,
       "any other writes over all of them");
}


static void
relative(void)
{
    ngx_str_t  p = ngx_string("here");

    if (chdir(dir) == -1) {
        abort();
    }

    ok(ngx_http_auth_tenant_state_write(&p, &issuer, &new, 1700000000,
                                        &logger)
       == NGX_OK, "a path without a directory");
    ngx_http_auth_tenant_state_done(5000, &logger);
    ok(strcmp(reads_of("here", &issuer, 0), (char *) new.data) == 0
       && errors == 0, "is in this one");
    (void) unlink("here");
}


int
main(void)
{
    if (mkdtemp(dir) == NULL) {
        abort();
    }

    self = pthread_self();
    logger.log_level = NGX_LOG_DEBUG;

    sprintf(name, "%s/state", dir);
    sprintf(temp, "%s/state.tmp", dir);
    sprintf(other, "%s/other", dir);
    path.data = (u_char *) name;
    path.len = strlen(name);

    round_trip();
    damage();
    forms();
    issuers();
    files();
    beside();
    order();
    failures();
    once();
    limit();
    killed();
    crowd();
    race();
    locked();
    busy();
    exiting();
    relative();

    (void) unlink(name);
    (void) unlink(temp);
    (void) unlink(other);
    (void) rmdir(dir);

    return done();
}
