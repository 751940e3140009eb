using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Bpf;

/// <summary>A ring that BPF programs write records to, and this process reads (BPF_MAP_TYPE_RINGBUF, kernel/bpf/ringbuf.c).</summary>
/// <remarks>
/// The kernel maps two pages of positions, then the data twice, one after the other, so that no record is cut at the end of the ring. What
/// finds no room is not written: the program notices, and counts it.
/// </remarks>
internal sealed unsafe class BpfRing : IDisposable
{
    // include/uapi/linux/bpf.h: BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT, BPF_RINGBUF_HDR_SZ.
    private const uint Busy = 1u << 31;
    private const uint Discarded = 1u << 30;
    private const int HeaderBytes = 8;

    private readonly BpfObject _map;
    private readonly int _size;
    private readonly nuint _producerLength;
    private byte* _consumer;
    private byte* _producer;

    private BpfRing(BpfObject map, int size)
    {
        _map = map;
        _size = size;
        _producerLength = (nuint)(Environment.SystemPageSize + 2 * size);
    }

    /// <summary>Takes one record.</summary>
    internal delegate void Taker(ReadOnlySpan<byte> record);

    /// <summary>The ring, for programs.</summary>
    internal BpfObject Map => _map;

    /// <summary>Makes a ring.</summary>
    /// <param name="bytes">Its size: a power of two, and whole pages.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfRing Make(int bytes)
    {
        var ring = new BpfRing(BpfObject.MakeRing(bytes), bytes);
        try
        {
            ring.MapAll();
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    /// <summary>Takes every record that is there.</summary>
    internal void Take(Taker take)
    {
        var position = Volatile.Read(ref *(nuint*)_consumer);
        while (position != Volatile.Read(ref *(nuint*)_producer))
        {
            var at = _producer + Environment.SystemPageSize + (position & (nuint)(_size - 1));
            var header = Volatile.Read(ref *(uint*)at);
            if ((header & Busy) != 0)
            {
                return;
            }

            var length = (int)(header & ~(Busy | Discarded));
            if ((header & Discarded) == 0)
            {
                take(new ReadOnlySpan<byte>(at + HeaderBytes, length));
            }

            position += (nuint)((length + HeaderBytes + 7) & ~7);
            Volatile.Write(ref *(nuint*)_consumer, position);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unmap(ref _consumer, (nuint)Environment.SystemPageSize);
        Unmap(ref _producer, _producerLength);
        _map.Dispose();
    }

    private void MapAll()
    {
        var page = Environment.SystemPageSize;
        _consumer = MapPart((nuint)page, Libc.PROT_READ | Libc.PROT_WRITE, 0);
        _producer = MapPart(_producerLength, Libc.PROT_READ, page);
    }

    private byte* MapPart(nuint length, int protection, long offset)
    {
        var mapped = Libc.mmap(null, length, protection, Libc.MAP_SHARED, _map.Descriptor, offset);
        return (nint)mapped != -1 ? (byte*)mapped : throw new LinuxException(Marshal.GetLastPInvokeError(), "map a BPF ring");
    }

    private static void Unmap(ref byte* mapped, nuint length)
    {
        if (mapped is not null)
        {
            _ = Libc.munmap(mapped, length);
            mapped = null;
        }
    }
}
