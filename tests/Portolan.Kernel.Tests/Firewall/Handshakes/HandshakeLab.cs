using System.Net;
using System.Net.Sockets;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>
/// Two hosts that make whole connections to each other: connect, one byte there, the same byte back. Rules of the target are judged.
/// </summary>
internal sealed class HandshakeLab : IDisposable
{
    /// <summary>A SYN is sent again after a second only; what is not there by then does not come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.4);

    private readonly LabPair _pair = LabPair.Create();
    private readonly List<Socket> _listeners = [];
    private readonly HostFacts _facts;

    /// <param name="ports">Where both hosts answer.</param>
    public HandshakeLab(params IEnumerable<int> ports)
    {
        // Rules may drop what asks for neighbours.
        var (scanner, target) = (TestPackets.HardwareAddress(_pair.Scanner, "scan0"), TestPackets.HardwareAddress(_pair.Target, "eth0"));
        foreach (var (own, other) in ((string, string)[])[("198.18.0.1", "198.18.0.2"), ("2001:db8::1", "2001:db8::2")])
        {
            _pair.Scanner.Ip($"neigh replace {other} lladdr {target} dev scan0 nud permanent");
            _pair.Target.Ip($"neigh replace {own} lladdr {scanner} dev eth0 nud permanent");
        }

        foreach (var host in (LabHost[])[_pair.Scanner, _pair.Target])
        {
            foreach (var port in ports)
            {
                Listen(host, port);
            }
        }

        _facts = ReadFacts();
    }

    /// <summary>The host whose rules are judged.</summary>
    public LabHost Target => _pair.Target;

    /// <summary>A judge over the rules as they are.</summary>
    /// <param name="change">Makes what it knows of the host out of that as it is now; <c>null</c> for what it was at first.</param>
    public FlowJudge Judge(Func<HostFacts, HostFacts>? change = null) => new(
        _pair.Target.Run(static () =>
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            return RulesetReader.Read(channel, CancellationToken.None).Require();
        }),
        change is null ? _facts : change(ReadFacts()));

    /// <summary>Whether connections are made and a byte comes back, all at once.</summary>
    public Task<bool[]> Try(IReadOnlyList<Handshake> attempts) => Try(attempts, Patience);

    /// <summary>The same with another patience, under the second after which a SYN is sent again.</summary>
    public async Task<bool[]> Try(IReadOnlyList<Handshake> attempts, TimeSpan patience) =>
        await Task.WhenAll(attempts.Select(a => Try(a, patience)));

    /// <summary>What the judge says of one.</summary>
    public static FlowOutcome[] Say(FlowJudge judge, Handshake attempt) =>
        [.. judge.Judge(Query(attempt), CancellationToken.None).Regions
            .Where(r => attempt.SourcePort == 0 || r.Packets.SourcePorts.Contains((uint)attempt.SourcePort)).Select(static r => r.Outcome)];

    private HostFacts ReadFacts() => _pair.Target.Run(static () =>
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(channel, "/proc", CancellationToken.None) with { Clock = Portolan.Linux.KernelClock.Read() };
    });

    private static FlowQuery Query(Handshake attempt) => new()
    {
        Direction = attempt.IsOutgoing ? FlowDirection.Outbound : FlowDirection.Inbound,
        IsIPv4 = attempt.IsIPv4,
        Protocol = 6,
        DestinationPort = (ushort)attempt.Port,
        Sources = Set(attempt, isScanner: !attempt.IsOutgoing),
        Destinations = Set(attempt, isScanner: attempt.IsOutgoing),
        SourcePorts = IntervalSet.Of(32768, 60999),
        HopLimit = 64,
        UserId = 0,
        GroupId = 0,
    };

    private static IntervalSet Set(Handshake attempt, bool isScanner) =>
        IntervalSet.Of(InternetAddress.From(Address(attempt, isScanner)).Number);

    private static IPAddress Address(Handshake attempt, bool isScanner) =>
        IPAddress.Parse((attempt.IsIPv4 ? "198.18.0." : "2001:db8::") + (isScanner ? "1" : "2"));

    private async Task<bool> Try(Handshake attempt, TimeSpan longest)
    {
        var from = attempt.IsOutgoing ? _pair.Target : _pair.Scanner;
        var address = Address(attempt, isScanner: attempt.IsOutgoing);
        using var socket = from.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        socket.LingerState = new LingerOption(true, 0);
        if (attempt.SourcePort != 0)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(attempt.IsIPv4 ? IPAddress.Any : IPAddress.IPv6Any, attempt.SourcePort));
        }

        using var patience = new CancellationTokenSource(longest);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, attempt.Port), patience.Token);
            await socket.SendAsync(new byte[] { 42 }, patience.Token);
            var answer = new byte[1];
            return await socket.ReceiveAsync(answer, patience.Token) == 1 && answer[0] == 42;
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    private void Listen(LabHost host, int port)
    {
        var listener = host.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(512);
            return socket;
        });
        _listeners.Add(listener);
        _ = Serve(listener);
    }

    private static async Task Serve(Socket listener)
    {
        while (true)
        {
            try
            {
                _ = Echo(await listener.AcceptAsync());
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private static async Task Echo(Socket socket)
    {
        using (socket)
        {
            socket.LingerState = new LingerOption(true, 0);
            var bytes = new byte[1];
            using var patience = new CancellationTokenSource(Patience * 2);
            try
            {
                while (await socket.ReceiveAsync(bytes, patience.Token) == 1)
                {
                    await socket.SendAsync(bytes, patience.Token);
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // The other end is gone, or its packets do not come.
            }
        }
    }

    public void Dispose()
    {
        _listeners.ForEach(static l => l.Dispose());
        _pair.Dispose();
    }
}

/// <summary>A connection to try.</summary>
/// <param name="IsIPv4">Its family.</param>
/// <param name="Port">Where to.</param>
/// <param name="IsOutgoing">Whether the judged host makes it.</param>
/// <param name="SourcePort">Where from; 0 for any.</param>
internal readonly record struct Handshake(bool IsIPv4, int Port, bool IsOutgoing = false, int SourcePort = 0);
