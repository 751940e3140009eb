/* Datagrams for bench/forward.  udp sink PORT SECONDS: counts what comes.  udp source PORT SIZE RATE SECONDS: sends from one socket.
   udp answer PORT: answers DNS questions, for ever, without a record.
   udp ask PORT RATE SECONDS ADDRESSES: asks DNS questions, each from a new socket, from 127.0.1.1 on; prints how many were asked and answered,
   and the median and the 99th percentile of the answers' times in microseconds. Its ports lie below the ephemeral range, which is the relay's. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int ask(int port, double rate, double seconds, int addresses)
{
    enum { FIRST = 2000, PORTS = 30000, MOST = 1 << 20, PATIENCE = 2 };
    static float times[MOST];
    static double asked_at[MOST];
    static int sockets[MOST];
    long oldest = 0;
    static const unsigned char question[] = "\0\0\1\0\0\1\0\0\0\0\0\0\5bench\7example\0\0\1\0\1";
    struct rlimit files = { MOST, MOST };
    setrlimit(RLIMIT_NOFILE, &files);
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int set = epoll_create1(0);
    long asked = 0, answered = 0;
    double begin = now(), end = begin + seconds;
    for (double t = begin; t < end || (answered < asked && t < end + PATIENCE); t = now()) {
        for (int i = 0; i < BATCH && t < end && asked < (t - begin) * rate && asked < MOST; i++, asked++) {
            int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
            struct sockaddr_in own = {
                .sin_family = AF_INET,
                .sin_port = htons(FIRST + asked / addresses % PORTS),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + asked % addresses),
            };
            if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) || connect(fd, (struct sockaddr *)&server, sizeof server))
                return perror("a new client"), 1;
            unsigned char message[sizeof question - 1];
            memcpy(message, question, sizeof message);
            message[0] = asked >> 8, message[1] = asked;
            struct epoll_event event = { EPOLLIN, { .u64 = (uint64_t)asked << 32 | fd } };
            epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
            asked_at[asked] = now();
            sockets[asked] = fd;
            send(fd, message, sizeof message, 0);
        }
        struct epoll_event events[BATCH];
        int count = epoll_wait(set, events, BATCH, t < end && asked < (t - begin) * rate ? 0 : 1);
        for (int i = 0; i < count; i++) {
            unsigned char answer[1500];
            int fd = (int)events[i].data.u64;
            long number = events[i].data.u64 >> 32;
            if (recv(fd, answer, sizeof answer, 0) > 12 && answer[0] == (number >> 8 & 255) && answer[1] == (number & 255))
                times[answered++] = (now() - asked_at[number]) * 1e6;
            close(fd);
            sockets[number] = -1;
        }
        for (; oldest < asked && (sockets[oldest] < 0 || asked_at[oldest] < t - PATIENCE); oldest++)
            if (sockets[oldest] >= 0) close(sockets[oldest]);
    }
    qsort(times, answered, sizeof *times, by_value);
    printf("%ld %ld %.0f %.0f\n", asked, answered, answered ? times[answered / 2] : 0, answered ? times[answered * 99 / 100] : 0);
    return 0;
}

static int answer(int port)
{
    static char memory[BATCH][512];
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, names[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = 16 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    if (bind(fd, (struct sockaddr *)&own, sizeof own)) return perror("bind"), 1;
    for (;;) {
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){ memory[i], sizeof memory[i] };
            messages[i].msg_hdr = (struct msghdr){ .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &parts[i], .msg_iovlen = 1 };
        }
        int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, 0);
        for (int i = 0; i < count; i++) {
            parts[i].iov_len = messages[i].msg_len;
            memory[i][2] |= 0x80;
        }
        if (count > 0) sendmmsg(fd, messages, count, 0);
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "answer") == 0) return answer(atoi(argv[2]));
    if (argc < 4) return 2;
    if (strcmp(argv[1], "ask") == 0) return argc < 6 ? 2 : ask(atoi(argv[2]), atof(argv[3]), atof(argv[4]), atoi(argv[5]));
    int is_sink = strcmp(argv[1], "sink") == 0, fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = 8 << 20;
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    static char memory[BATCH][2048];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    size_t size = is_sink ? 2048 : (size_t)atoi(argv[3]);
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){ memory[i], size };
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    long count = 0;
    if (is_sink) {
        if (bind(fd, (struct sockaddr *)&name, sizeof name)) return perror("bind"), 1;
        double end = now() + atof(argv[3]);
        struct pollfd ready = { fd, POLLIN, 0 };
        while (now() < end)
            if (poll(&ready, 1, 50) > 0) {
                int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, 0);
                count += got > 0 ? got : 0;
            }
    } else {
        if (argc < 6 || connect(fd, (struct sockaddr *)&name, sizeof name)) return perror("connect"), 1;
        double rate = atof(argv[4]), begin = now(), seconds = atof(argv[5]);
        for (double t = begin; t < begin + seconds; t = now()) {
            if (count < (t - begin) * rate) {
                int sent = sendmmsg(fd, messages, BATCH, 0);
                count += sent > 0 ? sent : 0;
            } else {
                struct timespec pause = { 0, 100000 };
                nanosleep(&pause, 0);
            }
        }
    }
    printf("%ld\n", count);
    return 0;
}
