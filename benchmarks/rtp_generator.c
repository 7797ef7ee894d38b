/* RTP load for the media benchmark: every endpoint sends 50 G.711 packets a second at a phase
 * of its own and reads what the engine sends it. Loopback only.
 *
 *   rtp_generator WARM_SECONDS WINDOWS WINDOW_SECONDS  < lines of "GROUP LOCAL_PORT REMOTE_PORT"
 *
 * The kernel's receive time stamp (SO_TIMESTAMPNS) is taken on loopback in the sender's own
 * transmit path: it is when the engine sent the packet, whenever this program gets to read it.
 * Each packet carries when it was sent, so their difference is the engine's delay alone.
 * Writes "window N" when a window begins and ends, then one line of JSON a group.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ENDPOINTS 4096
#define MAX_GROUPS 4
#define PERIOD 20000000ull
#define MAGIC 0x5ec0717eu

typedef struct {
    int fd, group;
    uint16_t sequence;
    uint32_t timestamp, ssrc, sent, received, highest;
    uint64_t phase;
} endpoint;

static endpoint E[MAX_ENDPOINTS];
static int count;
static uint32_t *delays[MAX_GROUPS];
static size_t delay_count[MAX_GROUPS], capacity;
static volatile int stop, measuring;

static uint64_t clock_ns(clockid_t which) {
    struct timespec t;
    clock_gettime(which, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int by_phase(const void *a, const void *b) {
    const endpoint *x = a, *y = b;
    return x->phase < y->phase ? -1 : x->phase > y->phase;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void *send_all(void *unused) {
    uint8_t packet[172];
    uint64_t cycle = clock_ns(CLOCK_MONOTONIC) + PERIOD;
    prctl(PR_SET_TIMERSLACK, 1000);
    memset(packet, 0xd5, sizeof packet);
    packet[0] = 0x80;
    packet[1] = 8;
    for (; !stop; cycle += PERIOD)
        for (int i = 0; i < count && !stop; i++) {
            endpoint *e = &E[i];
            uint64_t due = cycle + e->phase;
            if (due > clock_ns(CLOCK_MONOTONIC) + 2000) {
                struct timespec t = {due / 1000000000ull, due % 1000000000ull};
                clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
            }
            uint16_t sequence = htons(e->sequence++);
            uint32_t timestamp = htonl(e->timestamp), ssrc = htonl(e->ssrc), magic = MAGIC;
            e->timestamp += 160;
            e->sent++;
            memcpy(packet + 2, &sequence, 2);
            memcpy(packet + 4, &timestamp, 4);
            memcpy(packet + 8, &ssrc, 4);
            memcpy(packet + 12, &magic, 4);
            memcpy(packet + 16, &e->sent, 4);
            uint64_t now = clock_ns(CLOCK_REALTIME);
            memcpy(packet + 20, &now, 8);
            send(e->fd, packet, sizeof packet, MSG_DONTWAIT);
        }
    return unused;
}

static void take(endpoint *e, const uint8_t *packet, ssize_t size, uint64_t arrived) {
    uint32_t magic, number;
    uint64_t sent;
    if (size < 28) return;
    memcpy(&magic, packet + 12, 4);
    if (magic != MAGIC) return;
    memcpy(&number, packet + 16, 4);
    memcpy(&sent, packet + 20, 8);
    e->received++;
    if (number > e->highest) e->highest = number;
    if (measuring && delay_count[e->group] < capacity)
        delays[e->group][delay_count[e->group]++] = arrived > sent ? (arrived - sent) / 1000 : 0;
}

static void *receive_all(void *unused) {
    struct epoll_event events[256];
    uint8_t buffer[400];
    char control[128];
    int poll = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poll, EPOLL_CTL_ADD, E[i].fd, &event);
    }
    while (!stop) {
        int ready = epoll_wait(poll, events, 256, 100);
        for (int k = 0; k < ready; k++) {
            endpoint *e = &E[events[k].data.u32];
            for (;;) {
                struct iovec io = {buffer, sizeof buffer};
                struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control,
                                   .msg_controllen = sizeof control};
                ssize_t size = recvmsg(e->fd, &m, MSG_DONTWAIT);
                if (size < 0) break;
                uint64_t arrived = 0;
                for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
                    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
                        struct timespec t;
                        memcpy(&t, CMSG_DATA(c), sizeof t);
                        arrived = t.tv_sec * 1000000000ull + t.tv_nsec;
                    }
                take(e, buffer, size, arrived);
            }
        }
        /* Nothing is gained by reading sooner, and the engine needs the processor. */
        struct timespec pause = {0, 4000000};
        nanosleep(&pause, 0);
    }
    return unused;
}

static void report(int group) {
    uint64_t sent = 0, received = 0, lost = 0, silent = 0;
    for (int i = 0; i < count; i++)
        if (E[i].group == group) {
            sent += E[i].sent;
            received += E[i].received;
            lost += E[i].highest > E[i].received ? E[i].highest - E[i].received : 0;
            silent += !E[i].received;
        }
    uint32_t *d = delays[group];
    size_t n = delay_count[group];
    qsort(d, n, sizeof *d, by_value);
    if (!n) d[n++] = 0;
    printf("{\"group\":%d,\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"silent\":%lu,"
           "\"delay_us\":{\"n\":%zu,\"p50\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}}\n",
           group, sent, received, lost, silent, n, d[n / 2], d[n * 99 / 100], d[n * 999 / 1000],
           d[n - 1]);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    double warm = atof(argv[1]), length = atof(argv[3]);
    int windows = atoi(argv[2]), group, local, remote, groups = 0;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (count < MAX_ENDPOINTS && scanf("%d %d %d", &group, &local, &remote) == 3) {
        endpoint *e = &E[count++];
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int one = 1;
        if (group < 0 || group >= MAX_GROUPS) return 2;
        if (group >= groups) groups = group + 1;
        e->fd = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(e->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        a.sin_port = htons(local);
        if (bind(e->fd, (void *)&a, sizeof a)) return perror("bind"), 1;
        a.sin_port = htons(remote);
        if (connect(e->fd, (void *)&a, sizeof a)) return perror("connect"), 1;
        e->group = group;
        e->ssrc = rand();
        e->timestamp = rand();
        e->phase = (uint64_t)rand() * 1000003ull % PERIOD;
    }
    qsort(E, count, sizeof *E, by_phase);
    capacity = count * 50 * (size_t)(windows * length + 2);
    for (int i = 0; i < groups; i++) delays[i] = malloc((capacity + 1) * sizeof(uint32_t));
    pthread_t sender, receiver;
    pthread_create(&receiver, 0, receive_all, 0);
    pthread_create(&sender, 0, send_all, 0);
    usleep(warm * 1e6);
    measuring = 1;
    for (int i = 0; i <= windows; i++) {
        printf("window %d\n", i);
        fflush(stdout);
        if (i < windows) usleep(length * 1e6);
    }
    measuring = 0;
    stop = 1;
    pthread_join(sender, 0);
    usleep(100000);
    pthread_join(receiver, 0);
    for (int i = 0; i < groups; i++) report(i);
    return 0;
}
