using System.Buffers.Binary;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Model;

namespace Portolan.Linux.Bpf.Probes;

/// <summary>
/// Counts in the kernel who tries ports of this machine that no socket serves: TCP packets without ACK and RST, and UDP, to an address of
/// this machine, over any interface but loopback, before the firewall. No packet is copied. Needs CAP_NET_RAW and CAP_BPF.
/// </summary>
/// <remarks>
/// At most 16,384 pairs of source and port are kept between two reads, 1.5 MB, whatever sources are forged: the oldest make room. Nothing
/// stays loaded.
/// </remarks>
public sealed class ProbeTap : IDisposable
{
    private const int MostProbes = 16_384;
    private const int MostServed = 2 * 65_536;
    private const int MostOwn = 65_536;
    private const int PartEntries = 4096;

    // linux/if_ether.h.
    private const ushort IPv4 = 0x0800;
    private const ushort IPv6 = 0x86dd;

    private readonly BpfObject _own = BpfObject.MakeHash(ProbeProgram.OwnKeySize, 1, MostOwn);
    private readonly BpfObject _served = BpfObject.MakeHash(ProbeProgram.ServedKeySize, 1, MostServed);
    private readonly BpfObject _probes = BpfObject.MakeRecentHash(PortProbe.KeySize, sizeof(ulong), MostProbes);
    private readonly List<SocketHandle> _sockets = [];
    private readonly HashSet<InternetAddress> _ownNow = [];
    private readonly HashSet<(TransportProtocol, PortNumber)> _servedNow = [];

    private ProbeTap()
    {
    }

    /// <summary>Begins to count, for the network namespace of the calling thread. Nothing counts before <see cref="Serve"/>.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    /// <exception cref="PortolanException">Exit code 4: packet sockets are not allowed.</exception>
    public static ProbeTap Open()
    {
        var tap = new ProbeTap();
        try
        {
            using var program = BpfObject.LoadSocketFilter(new ProbeProgram(tap._own, tap._served, tap._probes).Write());
            tap.Listen(program, IPv4);
            tap.Listen(program, IPv6);
            return tap;
        }
        catch
        {
            tap.Dispose();
            throw;
        }
    }

    /// <summary>Sets which addresses are this machine's, and which ports sockets serve.</summary>
    /// <exception cref="LinuxException">There are more than the kernel can keep.</exception>
    public void Serve(IEnumerable<InternetAddress> own, IEnumerable<(TransportProtocol Protocol, PortNumber Port)> served)
    {
        Span<byte> address = stackalloc byte[ProbeProgram.OwnKeySize];
        Change(_own, _ownNow, [.. own], static (address, key) => address.WriteBytes(key), address);
        Span<byte> port = stackalloc byte[ProbeProgram.ServedKeySize];
        Change(_served, _servedNow, [.. served], WriteServed, port);
    }

    /// <summary>Takes the probes since the last call.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public IReadOnlyList<PortProbe> Take()
    {
        var probes = new List<PortProbe>();
        var keys = new byte[PartEntries * PortProbe.KeySize];
        var values = new byte[PartEntries * sizeof(ulong)];
        Span<byte> position = stackalloc byte[sizeof(ulong)];
        position.Clear();
        for (var isFirst = true; ; isFirst = false)
        {
            var count = _probes.TakePart(position, isFirst, keys, values, PartEntries, out var isLast);
            for (var index = 0; index < count; index++)
            {
                probes.Add(PortProbe.Read(
                    keys.AsSpan(index * PortProbe.KeySize, PortProbe.KeySize),
                    BinaryPrimitives.ReadUInt64LittleEndian(values.AsSpan(index * sizeof(ulong)))));
            }

            if (isLast)
            {
                return probes;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _probes.Dispose();
        _served.Dispose();
        _own.Dispose();
    }

    private void Listen(BpfObject program, ushort etherType)
    {
        var socket = PacketSocket.Open(withLinkHeader: false);
        _sockets.Add(socket);
        PacketSocket.Set(socket, Libc.SOL_SOCKET, Libc.SO_ATTACH_BPF, program.Descriptor, "attach a BPF program to a packet socket");
        PacketSocket.Bind(socket, 0, etherType);
    }

    private static void WriteServed((TransportProtocol Protocol, PortNumber Port) served, Span<byte> key)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(key, served.Port.Value);
        key[2] = served.Protocol == TransportProtocol.Tcp ? PortProbe.Tcp : PortProbe.Udp;
        key[3] = 0;
    }

    private static void Change<T>(BpfObject map, HashSet<T> before, HashSet<T> now, Action<T, Span<byte>> write, Span<byte> key)
    {
        foreach (var gone in before.Where(item => !now.Contains(item)).ToArray())
        {
            key.Clear();
            write(gone, key);
            map.Remove(key);
            before.Remove(gone);
        }

        foreach (var item in now)
        {
            if (!before.Contains(item))
            {
                key.Clear();
                write(item, key);
                map.Set(key, [1]);
                before.Add(item);
            }
        }
    }
}
