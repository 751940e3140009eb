/* Two interfaces of one stack, joined in memory. */
#include <time.h>

#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include "peer.h"

#define QUEUE 4096

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

void stream_in_memory(uint64_t bytes)
{
    uint64_t from = 0;
    start_wire();
    listen_at(&ends[1], 80);
    left_to_send = bytes;
    connect_to(&ends[0], address_of("198.18.1.1"), 80, on_connected);
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

void connects_in_memory(uint64_t count)
{
    start_wire();
    listen_at(&ends[1], 80);
    begin_timing();
    for (uint64_t i = 1; i <= count; i++) {
        connect_to(&ends[0], address_of("198.18.1.1"), 80, on_connected_close);
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
