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
#include "lwip/init.h"
#include "peer.h"

int main(int count, char **words)
{
    lwip_init();
    if (count == 6 && strcmp(words[1], "serve") == 0) {
        serve_tun(words[2], words[3], atoi(words[4]), atoi(words[5]));
    } else if (count == 7 && strcmp(words[1], "send") == 0) {
        send_tun(words[2], words[3], words[4], atoi(words[5]), strtoull(words[6], NULL, 10));
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
