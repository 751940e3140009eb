/*
 * Linked into the program that is compiled ahead of time. Before Main, the runtime makes an object for each type that has
 * static fields with references: some five thousand, each by itself on the pinned object heap, which takes a lock and
 * searches a list of free space each time. That was a fifth of the time of `portolan version` beyond that of /bin/true.
 * Here they are cut from pieces of 32 KiB, each of which the collector made as one object.
 *
 * The collector walks a heap from object to object by their sizes, so what is left of a piece is always a free object in
 * its own form. Nothing is cut any more once managed code of the program runs: then the collector may have given what is
 * left to others.
 */
#include <stddef.h>
#include <stdint.h>

/* GC_ALLOC_PINNED_OBJECT_HEAP of the runtime's gcinterface.h. */
#define PINNED_OBJECT_HEAP 64

#define PIECE 32768

/* Type, number of elements, and the header of the object behind it: the smallest object (min_obj_size of gc.h). */
#define SMALLEST 24

/* What lies at the start of each type (MethodTable.h): the second number is the size of an object without elements. */
struct type {
    uint32_t flags;
    uint32_t size;
};

struct object {
    const struct type *type;
    uint64_t count;
};

extern const struct type *g_pFreeObjectEEType;

void RhAllocateNewArray(const struct type *type, intptr_t count, uint32_t flags, struct object **result);
void __real_RhAllocateNewObject(const struct type *type, uint32_t flags, struct object **result);
int __real___managed__Main(int count, char **arguments);

static char *next;
static size_t left;
static int is_started;

static void free_rest(void)
{
    struct object *rest = (struct object *)next;

    rest->type = g_pFreeObjectEEType;
    rest->count = left - SMALLEST;
}

void __wrap_RhAllocateNewObject(const struct type *type, uint32_t flags, struct object **result)
{
    size_t size = type->size;

    if (is_started || flags != PINNED_OBJECT_HEAP || size % 8 != 0 || size > PIECE / 16) {
        __real_RhAllocateNewObject(type, flags, result);
        return;
    }
    if (left < size + SMALLEST) {
        struct object *piece = NULL;

        RhAllocateNewArray(g_pFreeObjectEEType, PIECE - SMALLEST, flags, &piece);
        if (piece == NULL) {
            __real_RhAllocateNewObject(type, flags, result);
            return;
        }
        next = (char *)piece;
        left = PIECE;
    }

    struct object *object = (struct object *)next;
    next += size;
    left -= size;
    free_rest();
    object->count = 0;
    object->type = type;
    *result = object;
}

int __wrap___managed__Main(int count, char **arguments)
{
    is_started = 1;
    return __real___managed__Main(count, arguments);
}
