using System.Buffers.Binary;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Bpf;

/// <summary>
/// Reads options of sockets that no other interface shows to other processes: filters, TTLs, and whether there are keys.
/// </summary>
/// <remarks>
/// Needs CAP_BPF and CAP_PERFMON, and a kernel that carries its BTF (Linux 5.9 for the iterators over sockets). Of TCP those that listen,
/// of UDP all, in the calling thread's network namespace.
/// </remarks>
public static class SocketOptionIterator
{
    // SOCK_LOCALROUTE, bit 13 of enum sock_flags (include/net/sock.h), in the second byte.
    private const byte LocalRoute = 1 << 5;

    // The kernel's types do not change while it runs. What fails is tried again.
    private static readonly Lazy<SocketOptionOffsets> Offsets = new(FindOffsets, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Reads the options of all of them that have a cookie: the kernel makes it when the socket is listed first.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static IReadOnlyList<SocketOptionRecord> Read(CancellationToken cancellationToken)
    {
        var offsets = Offsets.Value;
        var found = new List<SocketOptionRecord>();

        // Both before either runs: loading a program just after one was closed takes some milliseconds more.
        using var tcp = BpfIterator.Load(SocketOptionProgram.BuildTcp(offsets), offsets.TcpIteratorId);
        using var udp = BpfIterator.Load(SocketOptionProgram.BuildUdp(offsets), offsets.UdpIteratorId);
        BpfIterator.Run(tcp, records => Take(records, found), cancellationToken);
        BpfIterator.Run(udp, records => Take(records, found), cancellationToken);

        return found;
    }

    private static SocketOptionOffsets FindOffsets()
    {
        using var btf = KernelBtf.Open();
        return SocketOptionOffsets.TryFind(btf.Bytes, out var offsets, out var missing)
            ? offsets
            : throw new LinuxException(Libc.ENOENT, $"find {missing} in the kernel's BTF");
    }

    /// <summary>Takes whole records off the front and returns how many bytes they were.</summary>
    internal static int Take(ReadOnlySpan<byte> records, List<SocketOptionRecord> found)
    {
        var at = 0;
        for (; at + SocketOptionProgram.RecordSize <= records.Length; at += SocketOptionProgram.RecordSize)
        {
            var record = records.Slice(at, SocketOptionProgram.RecordSize);
            if (BinaryPrimitives.ReadUInt64LittleEndian(record) is not 0 and var cookie)
            {
                found.Add(new SocketOptionRecord(cookie)
                {
                    MinimumTtl = record[SocketOptionProgram.TtlOffset],
                    MinimumHopLimit = record[SocketOptionProgram.HopLimitOffset],
                    SentTtl = record[SocketOptionProgram.SentTtlOffset],
                    SentHopLimit = record[SocketOptionProgram.SentHopLimitOffset],
                    StaysOnLink = (record[SocketOptionProgram.FlagsOffset] & LocalRoute) != 0,
                    HasAoKeys = record[SocketOptionProgram.AoOffset] != 0,
                    Filter = SocketFilterProgram.Of(
                        record[SocketOptionProgram.FilterOffset],
                        BinaryPrimitives.ReadUInt16LittleEndian(record[SocketOptionProgram.LengthOffset..]),
                        record[SocketOptionProgram.InstructionsOffset..]),
                });
            }
        }

        return at;
    }
}

/// <summary>What getsockopt(2) would say of one socket, read through BPF.</summary>
/// <param name="Cookie">The kernel's number of the socket, as inet_diag lists it.</param>
public readonly record struct SocketOptionRecord(ulong Cookie)
{
    /// <summary>IP_MINTTL: IPv4 packets with a lower TTL are dropped; 0 for none.</summary>
    public byte MinimumTtl { get; init; }

    /// <summary>IPV6_MINHOPCOUNT: IPv6 packets with a lower hop limit are dropped; 0 for none.</summary>
    public byte MinimumHopLimit { get; init; }

    /// <summary>The TTL of IPv4 packets that it sends (IP_TTL); 255 also where it has none of its own.</summary>
    public byte SentTtl { get; init; }

    /// <summary>The hop limit of IPv6 packets that it sends (IPV6_UNICAST_HOPS); 255 also where it has none of its own.</summary>
    public byte SentHopLimit { get; init; }

    /// <summary>Whether it sends to hosts on its links only (SO_DONTROUTE).</summary>
    public bool StaysOnLink { get; init; }

    /// <summary>Whether it has keys of TCP-AO (RFC 5925).</summary>
    public bool HasAoKeys { get; init; }

    /// <summary>The filter that sees each packet first; <c>null</c> for none.</summary>
    public SocketFilterProgram? Filter { get; init; }
}

/// <summary>A program of SO_ATTACH_FILTER or SO_ATTACH_BPF.</summary>
/// <param name="IsExtended">Whether it is an eBPF program.</param>
/// <param name="Result">
/// What it returns for each packet, how many bytes to keep, 0 to drop it; <c>null</c> where it looks at packets.
/// </param>
public readonly record struct SocketFilterProgram(bool IsExtended, uint? Result)
{
    // linux/bpf_common.h, linux/bpf.h: BPF_RET | BPF_K; BPF_ALU64 or BPF_ALU | BPF_MOV | BPF_K; BPF_JMP | BPF_EXIT.
    private const ushort ClassicReturn = 0x06;
    private const ushort Move = 0xb7;
    private const ushort MoveWord = 0xb4;
    private const ushort Exit = 0x95;

    private const int InstructionSize = 8;

    internal static SocketFilterProgram? Of(byte kind, int length, ReadOnlySpan<byte> instructions)
    {
        // Both kinds keep the constant in the upper half. The lower 16 bits are a classic opcode, or an opcode and its registers (R0 is 0).
        var opcode = BinaryPrimitives.ReadUInt16LittleEndian(instructions);
        var constant = BinaryPrimitives.ReadUInt32LittleEndian(instructions[(InstructionSize / 2)..]);
        var next = BinaryPrimitives.ReadUInt16LittleEndian(instructions[InstructionSize..]);
        return kind switch
        {
            0 => null,
            1 => new SocketFilterProgram(false, length == 1 && opcode == ClassicReturn ? constant : null),
            _ => new SocketFilterProgram(true, length == 2 && opcode is (Move or MoveWord) && next == Exit ? constant : null),
        };
    }
}
