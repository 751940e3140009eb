/* Datagrams for bench/forward.  udp sink PORT SECONDS: counts what comes.  udp source PORT SIZE RATE SECONDS: sends from one socket. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 32 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
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
