/*
 * Linked into the program that is compiled ahead of time. The collector reserves its tables for the whole range of its heap and commits them as that one
 * is used, each table up to where the next begins. The last one is the table of regions where the collector has no thread of its own (ConcurrentGarbageCollection
 * false), and then its last page is never committed: inplace_commit_card_table of gc.cpp cuts the end down to a page (.NET 10.0). With the usual range
 * of 256 GB no program gets that far. Under a limit, of address space or of a container's memory, the range is small, and a heap that fills it ended the
 * program by SIGSEGV where OutOfMemoryException was due. So the last page of small reservations is committed here.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The tables of a range of some 16 GB. */
#define SMALL (16 << 20)

/* GCToOSInterface::VirtualReserve(size_t, size_t, uint32_t, uint16_t) */
void *__real__ZN15GCToOSInterface14VirtualReserveEmmjt(size_t size, size_t alignment, uint32_t flags, uint16_t node);

void *__wrap__ZN15GCToOSInterface14VirtualReserveEmmjt(size_t size, size_t alignment, uint32_t flags, uint16_t node)
{
    char *start = __real__ZN15GCToOSInterface14VirtualReserveEmmjt(size, alignment, flags, node);

    if (start != NULL && size != 0 && size <= SMALL) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        uintptr_t last = ((uintptr_t)start + size - 1) & ~(uintptr_t)(page - 1);

        /* Where that fails the page stays as it was. */
        (void)!mprotect((void *)last, page, PROT_READ | PROT_WRITE);
    }
    return start;
}
