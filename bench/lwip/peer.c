/*
 * lwIP as a peer of the benchmarks: one thread, the raw API, a TUN device or two interfaces joined in memory. It uses the library as it was built.
 *
 *   peer serve DEVICE ADDRESS FIRST-PORT PORTS      takes what comes on these ports, and closes when the other side does
 *   peer send DEVICE ADDRESS TO PORT BYTES          writes so much to one destination, then closes
 *   peer memory BYTES                               one stream between two interfaces of one stack: prints Gb/s of the last three quarters, and Gb for each second of a processor
 *   peer memory-connects COUNT                      connections opened and closed there, one after the other: prints how many a second, and in a second of a processor
 *
 * The first two print "ready" when the device is there, begin when they read a line, and end when there is nothing more to read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#define MTU 1500
#define BATCH 64
#define BLOCK 65535
#define QUEUE 4096

static char block[BLOCK];
static char taken[BLOCK];
static uint64_t received;
static uint64_t left_to_send;
static uint64_t ended;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Prints how much was done in a second, and in a second of a processor. */
static double begun, begun_busy;

static void begin_timing(void)
{
    begun = seconds(CLOCK_MONOTONIC);
    begun_busy = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void print_rates(double work)
{
    printf("%.4f %.4f\n", work / (seconds(CLOCK_MONOTONIC) - begun), work / (seconds(CLOCK_PROCESS_CPUTIME_ID) - begun_busy));
}

static ip4_addr_t address_of(const char *text)
{
    ip4_addr_t address;
    if (!ip4addr_aton(text, &address)) {
        fprintf(stderr, "%s is no IPv4 address\n", text);
        exit(2);
    }

    return address;
}

/* ---- what is done with connections ---- */

static void on_error(void *arg, err_t error)
{
    fprintf(stderr, "a connection failed: %d\n", error);
    exit(1);
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    if (p != NULL) {
        /* Into the reader's own memory, as the readers of the other stacks have it. */
        received += pbuf_copy_partial(p, taken, p->tot_len, 0);
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
        return ERR_OK;
    }

    tcp_err(pcb, NULL);
    if (tcp_close(pcb) != ERR_OK) {
        fprintf(stderr, "a connection could not be closed\n");
        exit(1);
    }

    ended++;
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
    tcp_recv(pcb, on_receive);
    tcp_err(pcb, on_error);
    return ERR_OK;
}

static err_t fill(void *arg, struct tcp_pcb *pcb, u16_t acknowledged)
{
    int written = 0;
    while (left_to_send > 0 && tcp_sndbuf(pcb) > 0) {
        uint64_t count = left_to_send < tcp_sndbuf(pcb) ? left_to_send : tcp_sndbuf(pcb);
        count = count < BLOCK ? count : BLOCK;
        if (tcp_write(pcb, block, (u16_t)count, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            /* Its queue is full; there is place when something is acknowledged. */
            break;
        }

        left_to_send -= count;
        written = 1;
        if (left_to_send == 0) {
            tcp_shutdown(pcb, 0, 1);
        }
    }

    if (written) {
        tcp_output(pcb);
    }

    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    return fill(arg, pcb, 0);
}

static err_t on_connected_close(void *arg, struct tcp_pcb *pcb, err_t error)
{
    tcp_err(pcb, NULL);
    return tcp_close(pcb);
}

static void listen_at(struct netif *at, int port)
{
    struct tcp_pcb *pcb = tcp_new();
    if (pcb == NULL || tcp_bind(pcb, IP_ADDR_ANY, (u16_t)port) != ERR_OK) {
        fail("bind");
    }

    if (at != NULL) {
        tcp_bind_netif(pcb, at);
    }

    pcb = tcp_listen_with_backlog(pcb, 255);
    tcp_accept(pcb, on_accept);
}

static void connect_to(struct netif *at, ip4_addr_t to, int port, tcp_connected_fn connected, tcp_recv_fn receive)
{
    ip_addr_t destination;
    struct tcp_pcb *pcb = tcp_new();
    ip_addr_copy_from_ip4(destination, to);
    if (at != NULL) {
        tcp_bind_netif(pcb, at);
    }

    tcp_recv(pcb, receive);
    tcp_sent(pcb, fill);
    tcp_err(pcb, on_error);
    if (tcp_connect(pcb, &destination, (u16_t)port, connected) != ERR_OK) {
        fprintf(stderr, "connecting failed\n");
        exit(1);
    }
}

/* ---- a TUN device ---- */

static int device;

static err_t drop6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
    return ERR_OK;
}

static err_t write_packet(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    static char joined[MTU];
    const void *packet = p->payload;
    if (p->len != p->tot_len) {
        pbuf_copy_partial(p, joined, sizeof joined, 0);
        packet = joined;
    }

    return write(device, packet, p->tot_len) < 0 ? ERR_IF : ERR_OK;
}

static err_t start_tun(struct netif *netif)
{
    netif->output = write_packet;
    netif->output_ip6 = drop6;
    netif->mtu = MTU;
    return ERR_OK;
}

static int read_packets(struct netif *netif)
{
    int count = 0;
    for (; count < BATCH; count++) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, MTU, PBUF_RAM);
        ssize_t length = p == NULL ? -1 : read(device, p->payload, MTU);
        if (length <= 0) {
            if (p != NULL) {
                pbuf_free(p);
            }

            if (length < 0 && errno != EAGAIN && errno != EIO) {
                fail("read from the device");
            }

            break;
        }

        /* Not pbuf_realloc, which would make the block of memory smaller too: that is work which a copy into a pool would not need. */
        p->len = p->tot_len = (u16_t)length;
        if (netif->input(p, netif) != ERR_OK) {
            pbuf_free(p);
        }
    }

    return count;
}

static void open_tun(struct netif *netif, const char *name, const char *address)
{
    struct ifreq request;
    ip4_addr_t own = address_of(address), mask = address_of("255.255.255.0"), none = address_of("0.0.0.0");
    memset(&request, 0, sizeof request);
    device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
        fail("open the TUN device");
    }

    netif_add(netif, &own, &mask, &none, NULL, start_tun, ip_input);
    netif_set_default(netif);
    netif_set_link_up(netif);
    netif_set_up(netif);
}

static void run_tun(struct netif *netif, void (*begin)(void *), void *what)
{
    struct pollfd watched[2] = { { device, POLLIN, 0 }, { 0, POLLIN, 0 } };
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        if (read_packets(netif) == 0) {
            u32_t wait = sys_timeouts_sleeptime();
            watched[1].revents = 0;
            poll(watched, 2, wait > 1000 ? 1000 : (int)wait);
            if (watched[1].revents != 0) {
                char line[64];
                if (read(0, line, sizeof line) <= 0) {
                    return;
                }

                begin(what);
            }
        }

        sys_check_timeouts();
    }
}

struct destination {
    ip4_addr_t to;
    int port;
};

static void begin_sending(void *what)
{
    struct destination *to = what;
    connect_to(NULL, to->to, to->port, on_connected, on_receive);
}

static void begin_nothing(void *what)
{
}

/* ---- two interfaces of one stack, joined in memory ---- */

struct wire {
    struct netif *to;
    struct pbuf *waiting[QUEUE];
    unsigned first, last;
};

static struct wire wires[2];
static struct netif ends[2];

static err_t put(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    struct wire *wire = netif->state;
    struct pbuf *copy;
    if (wire->last - wire->first == QUEUE) {
        fprintf(stderr, "the wire is full\n");
        exit(1);
    }

    /* What is sent may be sent again, so it stays with the sender: a wire copies. */
    copy = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);
    pbuf_copy(copy, p);
    wire->waiting[wire->last++ % QUEUE] = copy;
    return ERR_OK;
}

static err_t start_end(struct netif *netif)
{
    netif->output = put;
    netif->output_ip6 = drop6;
    netif->mtu = MTU;
    return ERR_OK;
}

static void start_wire(void)
{
    ip4_addr_t none = address_of("0.0.0.0"), mask = address_of("255.255.255.0");
    ip4_addr_t addresses[2] = { address_of("198.18.0.1"), address_of("198.18.1.1") };
    for (int i = 0; i < 2; i++) {
        netif_add(&ends[i], &addresses[i], &mask, &none, &wires[i], start_end, ip_input);
        wires[i].to = &ends[1 - i];
        netif_set_link_up(&ends[i]);
        netif_set_up(&ends[i]);
    }
}

/* Lets packets pass, a batch each way; 0 when there are none. */
static int pass(void)
{
    int count = 0;
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < BATCH && wires[i].first != wires[i].last; n++, count++) {
            struct pbuf *p = wires[i].waiting[wires[i].first++ % QUEUE];
            if (wires[i].to->input(p, wires[i].to) != ERR_OK) {
                pbuf_free(p);
            }
        }
    }

    return count;
}

static void stream_in_memory(uint64_t bytes)
{
    uint64_t from = 0;
    start_wire();
    listen_at(&ends[1], 80);
    left_to_send = bytes;
    connect_to(&ends[0], address_of("198.18.1.1"), 80, on_connected, on_receive);
    while (received < bytes) {
        pass();
        sys_check_timeouts();
        if (from == 0 && received >= bytes / 4) {
            begin_timing();
            from = received;
        }
    }

    print_rates((received - from) * 8 / 1e9);
}

static void connects_in_memory(uint64_t count)
{
    start_wire();
    listen_at(&ends[1], 80);
    begin_timing();
    for (uint64_t i = 1; i <= count; i++) {
        connect_to(&ends[0], address_of("198.18.1.1"), 80, on_connected_close, NULL);
        while (pass() > 0) {
        }

        sys_check_timeouts();
        if (ended != i || tcp_active_pcbs != NULL) {
            fprintf(stderr, "connection %llu did not end in order\n", (unsigned long long)i);
            exit(1);
        }
    }

    print_rates(count);
}

int main(int count, char **words)
{
    static struct netif tun;
    static struct destination to;
    lwip_init();
    if (count == 6 && strcmp(words[1], "serve") == 0) {
        open_tun(&tun, words[2], words[3]);
        for (int i = 0; i < atoi(words[5]); i++) {
            listen_at(NULL, atoi(words[4]) + i);
        }

        run_tun(&tun, begin_nothing, NULL);
    } else if (count == 7 && strcmp(words[1], "send") == 0) {
        open_tun(&tun, words[2], words[3]);
        to.to = address_of(words[4]);
        to.port = atoi(words[5]);
        left_to_send = strtoull(words[6], NULL, 10);
        run_tun(&tun, begin_sending, &to);
    } else if (count == 3 && strcmp(words[1], "memory") == 0) {
        stream_in_memory(strtoull(words[2], NULL, 10));
    } else if (count == 3 && strcmp(words[1], "memory-connects") == 0) {
        connects_in_memory(strtoull(words[2], NULL, 10));
    } else {
        fprintf(stderr, "usage: peer serve DEVICE ADDRESS FIRST-PORT PORTS | send DEVICE ADDRESS TO PORT BYTES | memory BYTES | memory-connects COUNT\n");
        return 2;
    }

    return 0;
}
