/* A TUN device, and the loop of the one thread. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lwip/ip.h"
#include "peer.h"

static int device;
static struct netif tun;

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
    connect_to(NULL, to->to, to->port, on_connected);
}

static void begin_nothing(void *what)
{
}

void serve_tun(const char *name, const char *address, int first_port, int ports)
{
    open_tun(&tun, name, address);
    for (int i = 0; i < ports; i++) {
        listen_at(NULL, first_port + i);
    }

    run_tun(&tun, begin_nothing, NULL);
}

void send_tun(const char *name, const char *address, const char *to, int port, uint64_t bytes)
{
    struct destination destination = { address_of(to), port };
    open_tun(&tun, name, address);
    left_to_send = bytes;
    run_tun(&tun, begin_sending, &destination);
}
