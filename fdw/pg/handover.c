/* A session goes on on its client's own socket. The gateway signs a client in and opens the session; then, where
 * nothing of what they say needs to be seen or encrypted, it passes the client's socket in, and has no part in their
 * statements any more (nodeservice/gateway/handover.h). Its own connection stays open unused: it ends with the session.
 *
 * What the gateway hears: NoData when it may send the socket, NoData again when the socket is in place; else an error,
 * and nothing has changed. What the client hears begins with the ReadyForQuery behind this statement. */
#include "fdw/pg/tessera_fdw.h"

/* GSSAPI's headers are no dependency of ours; PostgreSQL keeps Port the same without them. */
#undef ENABLE_GSS

#include "fmgr.h"
#include "libpq/libpq-be.h"
#include "libpq/libpq.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/wait_event.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* To the gateway, for as long as this process lives; -1 before. */
static int gateway = -1;
static const PQcommMethods* client_methods = NULL;

PG_FUNCTION_INFO_V1(tessera_adopt_client);

/* ---- The statement's own answer is nobody's ---- */

static int putMessage(char type, const char* body, size_t length) {
    if (type != 'Z') {
        return 0;
    }
    PqCommMethods = client_methods;
    return PqCommMethods->putmessage(type, body, length);
}

static void putMessageNoblock(char type, const char* body, size_t length) {
    (void)putMessage(type, body, length);
}

static void beSilentUntilReady(void) {
    static PQcommMethods silent;

    client_methods = PqCommMethods;
    silent = *client_methods;
    silent.putmessage = putMessage;
    silent.putmessage_noblock = putMessageNoblock;
    PqCommMethods = &silent;
}

/* ---- The socket ---- */

static void tellGateway(void) {
    (void)pq_putmessage('n', "", 0);
    if (pq_flush() != 0) {
        ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE), errmsg("the gateway has gone")));
    }
}

static bool isClients(int descriptor) {
    int domain = AF_UNSPEC;
    int type = 0;
    socklen_t size = sizeof domain;

    return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           (domain == AF_INET || domain == AF_INET6);
}

/* With one byte, which is nothing else. */
static int receiveSocket(void) {
    char byte;
    int descriptor = -1;

    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int event = WaitLatchOrSocket(NULL, WL_SOCKET_READABLE | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, MyProcPort->sock,
                                  PATIENCE_MS, PG_WAIT_EXTENSION);
    const struct cmsghdr* header;

    if ((event & WL_SOCKET_READABLE) == 0 || recvmsg(MyProcPort->sock, &message, MSG_CMSG_CLOEXEC) != 1) {
        ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("the gateway has sent no socket")));
    }
    header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    }
    if (descriptor >= 0 && isClients(descriptor)) {
        return descriptor;
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("the gateway has sent something else than a socket")));
}

/* As PostgreSQL's pq_init() makes it. The descriptor's number stays; what epoll knows it by does not. */
static void waitForClient(WaitEventSet* events) {
    AddWaitEventToSet(events, WL_SOCKET_WRITEABLE, MyProcPort->sock, NULL, NULL);
    AddWaitEventToSet(events, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
    AddWaitEventToSet(events, WL_POSTMASTER_DEATH, PGINVALID_SOCKET, NULL, NULL);
    FreeWaitEventSet(FeBeWaitSet);
    FeBeWaitSet = events;
}

Datum tessera_adopt_client(PG_FUNCTION_ARGS) {
    int client;
    WaitEventSet* events;

    if (MyProcPort == NULL || MyProcPort->ssl_in_use || gateway >= 0) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("this session cannot go on on another socket")));
    }
    tessera_check_signature("adopt", "", PG_GETARG_BYTEA_PP(0));
    tellGateway();
    client = receiveSocket();
    events = CreateWaitEventSet(TopMemoryContext, FeBeWaitSetNEvents);
    gateway = fcntl(MyProcPort->sock, F_DUPFD_CLOEXEC, 0);
    if (gateway < 0) {
        close(client);
        FreeWaitEventSet(events);
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES), errmsg("there is no descriptor left")));
    }
    tellGateway();
    /* From here on the gateway does not listen: what fails now ends the session. */
    PG_TRY();
    {
        if (dup2(client, MyProcPort->sock) < 0) {
            ereport(ERROR, (errcode_for_socket_access(), errmsg("cannot put a socket in place: %m")));
        }
        waitForClient(events);
    }
    PG_CATCH();
    { ereport(FATAL, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("the session cannot go on on its client's socket"))); }
    PG_END_TRY();
    close(client);
    beSilentUntilReady();
    /* What the session did for the gateway is not what it does. */
    pgstat_report_activity(STATE_RUNNING, "");
    PG_RETURN_VOID();
}
