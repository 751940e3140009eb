using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Relay;

/// <summary>
/// Datagrams that one call takes from a socket and one or a few calls send on from the same memory. For one thread; its memory is the
/// kernel's to give: pages that no datagram has reached cost nothing.
/// </summary>
/// <remarks>
/// Where the kernel joined datagrams of one flow (UDP_GRO) they are one message here and go out as one, cut again by the kernel or the
/// device (UDP_SEGMENT); datagrams of one size that came one by one are sent so too.
/// </remarks>
internal sealed unsafe class DatagramBatch : IDisposable
{
    /// <summary>Datagrams of one call.</summary>
    public const int Capacity = 64;

    private const int PayloadBytes = 64 * 1024;
    private const int NameBytes = 28;
    private const int ControlBytes = 128;

    /// <summary>More datagrams the kernel does not cut from one message (UDP_MAX_SEGMENTS of older kernels).</summary>
    private const int MostSegments = 64;

    /// <summary>Larger ones may not fit a usual path, and could then not be cut by the kernel.</summary>
    private const int LargestSegment = 1400;

    /// <summary>
    /// A device or a path cannot take joined datagrams: in so many calls they go apart before it is tried again, for other paths may.
    /// </summary>
    private const int ApartAfterFailure = 1000;

    private const int MostJoined = 60_000;
    private const int AnonymousPrivate = 0x22;

    private readonly byte* _memory;
    private readonly nuint _size = (nuint)(Capacity * (PayloadBytes + NameBytes + ControlBytes));
    private readonly byte[] _headerMemory =
        GC.AllocateArray<byte>(2 * Capacity * (sizeof(Libc.MessageHeader) + sizeof(Libc.IoVector)), pinned: true);
    private readonly Libc.MessageHeader* _received;
    private readonly Libc.MessageHeader* _sent;
    private readonly Libc.IoVector* _receivedVectors;
    private readonly Libc.IoVector* _sentVectors;
    private readonly DatagramFacts[] _facts = new DatagramFacts[Capacity];
    private int _used = Capacity;
    private int _apart;
    private bool _isDisposed;

    /// <summary>Maps the memory.</summary>
    /// <exception cref="LinuxException">There is none.</exception>
    public DatagramBatch()
    {
        _memory = (byte*)Libc.mmap(null, _size, Libc.PROT_READ | Libc.PROT_WRITE, AnonymousPrivate, -1, 0);
        if ((nint)_memory == -1)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "map memory for datagrams");
        }

        _received = (Libc.MessageHeader*)Marshal.UnsafeAddrOfPinnedArrayElement(_headerMemory, 0);
        _sent = _received + Capacity;
        _receivedVectors = (Libc.IoVector*)(_sent + Capacity);
        _sentVectors = _receivedVectors + Capacity;
    }

    /// <summary>Has the kernel join datagrams of one flow, and tell the address that they came to.</summary>
    public static void Prepare(int descriptor, bool isIPv6, bool tellsAddress)
    {
        RelaySocket.Set(descriptor, Libc.SOL_UDP, Libc.UDP_GRO, 1);
        if (tellsAddress)
        {
            RelaySocket.Set(descriptor, isIPv6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP, isIPv6 ? Libc.IPV6_RECVPKTINFO : Libc.IP_PKTINFO, 1);
        }
    }

    /// <summary>Takes what waits; how many messages, or the negative error number.</summary>
    public int Receive(int descriptor)
    {
        // The kernel has written into those of the last call only.
        for (var i = 0; i < _used; i++)
        {
            _receivedVectors[i] = new Libc.IoVector { iov_base = Payload(i), iov_len = PayloadBytes };
            _received[i] = new Libc.MessageHeader
            {
                msg_name = NameAt(i),
                msg_namelen = NameBytes,
                msg_iov = _receivedVectors + i,
                msg_iovlen = 1,
                msg_control = ControlAt(i),
                msg_controllen = ControlBytes,
            };
        }

        var count = Libc.recvmmsg(descriptor, _received, Capacity, Libc.MSG_DONTWAIT, null);
        _used = Math.Max(1, count);
        if (count < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        for (var i = 0; i < count; i++)
        {
            _facts[i] = _received[i].msg_controllen == 0 ? default : ReadFacts(i);
        }

        return count;
    }

    /// <summary>Bytes of each of the datagrams that the kernel joined to a message but the last; 0 where there is only one.</summary>
    public int SegmentOf(int index) => _facts[index].Segment;

    /// <summary>The sender of a message that was received, in the kernel's form.</summary>
    public ReadOnlySpan<byte> NameOf(int index) => new(NameAt(index), (int)Math.Min(_received[index].msg_namelen, NameBytes));

    /// <summary>Bytes of a message.</summary>
    public int LengthOf(int index) => (int)_received[index].msg_len;

    /// <summary>The bytes of a message: of several datagrams where <see cref="SegmentOf"/> is not 0.</summary>
    public ReadOnlySpan<byte> PayloadOf(int index) => new(Payload(index), LengthOf(index));

    /// <summary>How many datagrams a message is.</summary>
    public int DatagramsOf(int index) =>
        SegmentOf(index) is var segment and > 0 ? Math.Max(1, (LengthOf(index) + segment - 1) / segment) : 1;

    /// <summary>What the kernel told beside a message: joined datagrams, and the address it came to.</summary>
    public ref readonly DatagramFacts FactsOf(int index) => ref _facts[index];

    private DatagramFacts ReadFacts(int index)
    {
        var facts = default(DatagramFacts);
        var control = new ReadOnlySpan<byte>(ControlAt(index), (int)Math.Min(_received[index].msg_controllen, ControlBytes));
        // struct cmsghdr: length as wide as a pointer, level, type; the data and the next header are aligned to a pointer.
        var header = sizeof(nuint) + 8;
        while (control.Length >= header)
        {
            var length = MemoryMarshal.Read<nuint>(control);
            if (length < (nuint)header || length > (nuint)control.Length)
            {
                break;
            }

            var (level, type) = (MemoryMarshal.Read<int>(control[sizeof(nuint)..]),
                MemoryMarshal.Read<int>(control[(sizeof(nuint) + 4)..]));
            facts.Take(level, type, control[header..(int)length]);
            var step = ((int)length + sizeof(nuint) - 1) & -sizeof(nuint);
            control = step < control.Length ? control[step..] : default;
        }

        return facts;
    }

    /// <summary>Sends messages that were received on by another socket.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="to">The receiver; empty for a connected socket.</param>
    /// <param name="from">The address they should come from; of no kind for any.</param>
    public SendOutcome Send(int descriptor, int first, int count, ReadOnlySpan<byte> to, in DatagramFacts from)
    {
        var (error, lost) = (0, 0);
        _apart -= _apart > 0 ? 1 : 0;
        fixed (byte* name = to)
        {
            for (var at = first; at < first + count;)
            {
                var joined = Joined(at, first + count);
                var (result, unsent) = SendSome(descriptor, at, joined, name, (uint)to.Length, from);
                error = error == 0 ? result : error;
                lost += unsent;
                at += joined;
            }
        }

        return new SendOutcome(error, lost);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _ = Libc.munmap(_memory, _size);
        }
    }

    /// <summary>How many messages from one on can be sent as one: of one size, only the last may be smaller.</summary>
    private int Joined(int first, int end)
    {
        var size = LengthOf(first);
        if (_apart > 0 || size is 0 or > LargestSegment || SegmentOf(first) > 0)
        {
            return 1;
        }

        var (count, total) = (1, size);
        while (first + count < end && count < MostSegments && total + size <= MostJoined
            && LengthOf(first + count) is var next && next > 0 && next <= size && SegmentOf(first + count) == 0)
        {
            total += next;
            count++;
            if (next < size)
            {
                break;
            }
        }

        return count;
    }

    private SendOutcome SendSome(int descriptor, int first, int count, byte* name, uint nameLength, in DatagramFacts from)
    {
        var segment = count > 1 ? LengthOf(first) : SegmentOf(first);
        if (segment > 0 && segment < TotalOf(first, count))
        {
            for (var i = 0; i < count; i++)
            {
                _sentVectors[i] = new Libc.IoVector { iov_base = Payload(first + i), iov_len = (nuint)LengthOf(first + i) };
            }

            if (_apart > 0 || !TrySend(descriptor, count, segment, name, nameLength, from, out var error))
            {
                return SendCut(descriptor, first, count, segment, name, nameLength, from);
            }

            return new SendOutcome(error, error == 0 ? 0 : DatagramsIn(first, count));
        }

        _sentVectors[0] = new Libc.IoVector { iov_base = Payload(first), iov_len = (nuint)LengthOf(first) };
        TrySend(descriptor, 1, 0, name, nameLength, from, out var alone);
        return new SendOutcome(alone, alone == 0 ? 0 : 1);
    }

    /// <summary>
    /// One message, cut by the kernel where <paramref name="segment"/> is not 0; <c>false</c> when it cannot cut for this device or path.
    /// </summary>
    private bool TrySend(int descriptor, int vectors, int segment, byte* name, uint nameLength, in DatagramFacts from, out int error)
    {
        var control = stackalloc byte[ControlBytes];
        var length = from.Write(new Span<byte>(control, ControlBytes), segment);
        _sent[0] = new Libc.MessageHeader
        {
            msg_name = nameLength == 0 ? null : name,
            msg_namelen = nameLength,
            msg_iov = _sentVectors,
            msg_iovlen = (nuint)vectors,
            msg_control = length == 0 ? null : control,
            msg_controllen = (nuint)length,
        };
        error = SendNow(descriptor, _sent, 1) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        if (segment > 0 && error is Errno.InvalidArgument or Errno.InputOutput or Errno.MessageTooLarge or Errno.NotSupported)
        {
            _apart = ApartAfterFailure;
            return false;
        }

        return true;
    }

    /// <summary>The same datagrams one by one, in as few calls as may be.</summary>
    private SendOutcome SendCut(int descriptor, int first, int count, int segment, byte* name, uint nameLength, in DatagramFacts from)
    {
        var control = stackalloc byte[ControlBytes];
        var length = from.Write(new Span<byte>(control, ControlBytes), 0);
        var (error, lost, filled) = (0, 0, 0);
        for (var i = first; i < first + count; i++)
        {
            for (var offset = 0; offset < LengthOf(i); offset += segment)
            {
                _sentVectors[filled] = new Libc.IoVector
                {
                    iov_base = Payload(i) + offset,
                    iov_len = (nuint)Math.Min(segment, LengthOf(i) - offset),
                };
                _sent[filled] = new Libc.MessageHeader
                {
                    msg_name = nameLength == 0 ? null : name,
                    msg_namelen = nameLength,
                    msg_iov = _sentVectors + filled,
                    msg_iovlen = 1,
                    msg_control = length == 0 ? null : control,
                    msg_controllen = (nuint)length,
                };
                if (++filled == Capacity)
                {
                    Flush();
                }
            }
        }

        Flush();
        return new SendOutcome(error, lost);

        void Flush()
        {
            var (result, unsent) = SendFilled(descriptor, filled);
            error = error == 0 ? result : error;
            lost += unsent;
            filled = 0;
        }
    }

    /// <summary>Sends what is filled in. One that cannot be sent is left out; the others go on.</summary>
    private SendOutcome SendFilled(int descriptor, int filled)
    {
        var (error, lost) = (0, 0);
        for (var sent = 0; sent < filled;)
        {
            var count = SendNow(descriptor, _sent + sent, (uint)(filled - sent));
            if (count <= 0)
            {
                error = error == 0 ? Marshal.GetLastPInvokeError() : error;
                lost++;
                count = 1;
            }

            sent += count;
        }

        return new SendOutcome(error, lost);
    }

    /// <summary>
    /// Sends. An ICMP error about a datagram sent before is told once in place of sending (sock_alloc_send_pskb): the next call tells the
    /// truth about this one. A target that refused is left to the caller, who may have another.
    /// </summary>
    private static int SendNow(int descriptor, Libc.MessageHeader* messages, uint count)
    {
        const int Flags = Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL;
        var sent = Libc.sendmmsg(descriptor, messages, count, Flags);
        return sent < 0 && Marshal.GetLastPInvokeError() is not (Errno.Again or Errno.NoBufferSpace or Errno.ConnectionRefused)
            ? Libc.sendmmsg(descriptor, messages, count, Flags)
            : sent;
    }

    private int DatagramsIn(int first, int count)
    {
        var datagrams = 0;
        for (var i = first; i < first + count; i++)
        {
            datagrams += DatagramsOf(i);
        }

        return datagrams;
    }

    private int TotalOf(int first, int count)
    {
        var total = 0;
        for (var i = first; i < first + count; i++)
        {
            total += LengthOf(i);
        }

        return total;
    }

    private byte* Payload(int index) => _memory + ((nint)index * PayloadBytes);

    private byte* NameAt(int index) => _memory + ((nint)Capacity * PayloadBytes) + (index * NameBytes);

    private byte* ControlAt(int index) => _memory + ((nint)Capacity * (PayloadBytes + NameBytes)) + (index * ControlBytes);
}

/// <summary>What became of datagrams that were to be sent.</summary>
/// <param name="Error">The error number of the first that could not be sent; 0 when all were.</param>
/// <param name="Lost">How many could not be sent.</param>
internal readonly record struct SendOutcome(int Error, int Lost);

/// <summary>
/// What stands beside a datagram in control messages (ip(7), ipv6(7), udp(7)): how joined ones are cut, and the address of this host that
/// it came to.
/// </summary>
internal struct DatagramFacts
{
    private UInt128 _address;
    private int _interface;
    private Kind _kind;

    private enum Kind : byte
    {
        None,
        IPv4,
        IPv6,
    }

    /// <summary>Bytes of each of the joined datagrams but the last; 0 where there is only one.</summary>
    public int Segment { get; private set; }

    /// <summary>The address of this host that it came to, as the kernel wrote it; 0 where that was not asked for.</summary>
    public readonly UInt128 LocalAddress => _address;

    /// <summary>Reads one control message.</summary>
    public void Take(int level, int type, ReadOnlySpan<byte> body)
    {
        if (level == Libc.SOL_UDP && type == Libc.UDP_GRO && body.Length >= sizeof(int))
        {
            Segment = MemoryMarshal.Read<int>(body);
        }
        else if (level == Libc.IPPROTO_IP && type == Libc.IP_PKTINFO && body.Length >= 12)
        {
            // struct in_pktinfo: the interface, this host's address, the address in the packet.
            (_kind, _address) = (Kind.IPv4, MemoryMarshal.Read<uint>(body[4..]));
        }
        else if (level == Libc.IPPROTO_IPV6 && type == Libc.IPV6_PKTINFO && body.Length >= 20 && body[0] != 0xff)
        {
            // A link-local address means nothing without its interface; for others the route decides.
            _interface = BinaryPrimitives.ReadUInt16BigEndian(body) >> 6 == 0xfe80 >> 6 ? MemoryMarshal.Read<int>(body[16..]) : 0;
            (_kind, _address) = (Kind.IPv6, MemoryMarshal.Read<UInt128>(body));
        }
    }

    /// <summary>Writes control messages that have datagrams sent from that address, and cut; the length.</summary>
    public readonly unsafe int Write(Span<byte> control, int segment)
    {
        control.Clear();
        var at = 0;
        var header = sizeof(nuint) + 8;
        if (_kind != Kind.None)
        {
            var isIPv4 = _kind == Kind.IPv4;
            var length = isIPv4 ? 12 : 20;
            MemoryMarshal.Write(control, (nuint)(header + length));
            MemoryMarshal.Write(control[sizeof(nuint)..], isIPv4 ? Libc.IPPROTO_IP : Libc.IPPROTO_IPV6);
            MemoryMarshal.Write(control[(sizeof(nuint) + 4)..], isIPv4 ? Libc.IP_PKTINFO : Libc.IPV6_PKTINFO);
            if (isIPv4)
            {
                MemoryMarshal.Write(control[(header + 4)..], (uint)_address);
            }
            else
            {
                MemoryMarshal.Write(control[header..], _address);
                MemoryMarshal.Write(control[(header + 16)..], _interface);
            }

            at = (header + length + sizeof(nuint) - 1) & -sizeof(nuint);
        }

        if (segment > 0)
        {
            MemoryMarshal.Write(control[at..], (nuint)(header + sizeof(ushort)));
            MemoryMarshal.Write(control[(at + sizeof(nuint))..], Libc.SOL_UDP);
            MemoryMarshal.Write(control[(at + sizeof(nuint) + 4)..], Libc.UDP_SEGMENT);
            MemoryMarshal.Write(control[(at + header)..], (ushort)segment);
            at += (header + sizeof(ushort) + sizeof(nuint) - 1) & -sizeof(nuint);
        }

        return at;
    }
}
