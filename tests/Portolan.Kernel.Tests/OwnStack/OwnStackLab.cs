using System.Net;
using System.Net.Sockets;
using Portolan.Cli.Scanning.OwnStack;
using Portolan.Kernel.Tests.Scanning;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>
/// A scanner whose stack stands beside its kernel's, a target with the kernel's servers, and a listener on the cable that counts what the
/// scanner's side sends.
/// </summary>
internal sealed class OwnStackLab : IDisposable
{
    internal OwnStackLab()
    {
        Pair = LabPair.Create();
        Network = Pair.Scanner.Run(() =>
        {
            var network = new KernelNetwork(TimeProvider.System);
            network.FindRoute(RecordedScan.Address("198.18.0.2")); // opens its channel in this namespace
            return network;
        });
    }

    internal LabPair Pair { get; }

    internal KernelNetwork Network { get; }

    internal static InternetAddress[] Own { get; } = [RecordedScan.Address("198.18.0.1"), RecordedScan.Address("2001:db8::1")];

    internal GuardedPorts TakePorts(int connectors = 1) =>
        Pair.Scanner.Run(() => GuardedPorts.Take(connectors, Network, Own, null, SourcePorts.Outside(null)));

    internal string Tables() => Pair.Scanner.Tool("nft", null, "list", "tables");

    /// <summary>
    /// The tables once no more than these are left: a child that another test starts may hold the channel of one that is closed for a
    /// moment.
    /// </summary>
    internal string TablesWithin(params string[] names)
    {
        for (var tries = 0; tries < 1200
            && Tables().Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(names.Select(static name => $"table inet {name}"))
                .Any(); tries++)
        {
            Thread.Sleep(50);
        }

        return Tables().Trim();
    }

    /// <summary>A server of the target's kernel that sends back what it gets, until the end.</summary>
    internal int Echo() => Pair.Target.Run(() =>
    {
        var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen(512);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                _ = Task.Run(async () =>
                {
                    using var stream = new NetworkStream(socket, ownsSocket: true);
                    await stream.CopyToAsync(stream);
                });
            }
        });
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    });

    /// <summary>The target's end of the cable.</summary>
    internal CableWatch Watch() => Pair.Target.Run(() => new CableWatch());

    public void Dispose()
    {
        Network.Dispose();
        Pair.Dispose();
    }
}

/// <summary>Looks at the TCP segments that arrive at the target.</summary>
internal sealed class CableWatch : IFrameSink, IDisposable
{
    private readonly KernelNetwork _network = new(TimeProvider.System);
    private readonly IPacketLink _link;
    private readonly IFrameReceiver _receiver;
    private readonly HashSet<(PortNumber Source, PortNumber Destination)> _acknowledged = [];

    internal CableWatch()
    {
        _link = _network.Open(_network.FindRoute(RecordedScan.Address("198.18.0.1")).Route!);
        _receiver = _link.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
    }

    internal int Segments { get; private set; }

    internal int Resets { get; private set; }

    /// <summary>
    /// Resets that acknowledge nothing, of connections of which nothing was acknowledged before: what a kernel answers to the SYN-ACK of a
    /// connection that it does not know (RFC 9293 section 3.5.2). A SYN-ACK that comes again, after the connection is over, the stack
    /// itself answers so.
    /// </summary>
    internal int ResetsOfStrangers { get; private set; }

    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
    {
        var packet = frame[EthernetFrame.MinHeaderLength..];
        ReadOnlySpan<byte> payload = Ipv4Packet.TryRead(packet, out var four) && four.Protocol == IpProtocol.Tcp ? four.Payload
            : Ipv6Packet.TryRead(packet, out var six) && six.Protocol == IpProtocol.Tcp ? six.Payload : default;
        if (TcpSegment.TryRead(payload, out var segment))
        {
            Segments++;
            Resets += (segment.Flags & TcpFlags.Rst) != 0 ? 1 : 0;
            if ((segment.Flags & TcpFlags.Ack) != 0)
            {
                _acknowledged.Add((segment.SourcePort, segment.DestinationPort));
            }
            else if ((segment.Flags & TcpFlags.Rst) != 0 && segment.Window == 0
                && !_acknowledged.Contains((segment.SourcePort, segment.DestinationPort)))
            {
                ResetsOfStrangers++;
            }
        }
    }

    /// <summary>Takes what has come so far.</summary>
    internal CableWatch Look()
    {
        while (_receiver.Receive(this, TimeSpan.FromMilliseconds(100)) > 0)
        {
            // More may have come.
        }

        Assert.Equal(0, _receiver.Dropped);
        return this;
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _link.Dispose();
        _network.Dispose();
    }
}
