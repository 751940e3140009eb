using System.Net;
using Portolan.Cli.Scanning.OwnStack;
using Portolan.Kernel.Tests.Scanning;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Packets.Links;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>Data over a stack that shares an interface and its addresses with the kernel.</summary>
public sealed class SharedAddressLinkTests
{
    private const int Length = 2 << 20;

    [Theory]
    [InlineData("198.18.0.2", false, false)]
    [InlineData("2001:db8::2", false, false)]
    [InlineData("198.18.0.2", true, false)]
    [InlineData("198.18.0.2", false, true)]
    [InlineData("2001:db8::2", false, true)]
    [InlineData("198.18.0.2", true, true)]
    public async Task Data_go_both_ways_in_order_and_no_RST_is_seen(string target, bool hasLoss, bool usesOffload)
    {
        using var lab = new OwnStackLab();
        var port = lab.Echo();
        if (hasLoss)
        {
            lab.Pair.Target.Nft("""
                table inet lossy {
                  chain in { type filter hook input priority -10; meta l4proto tcp numgen random mod 100 < 1 drop; }
                  chain out { type filter hook output priority -10; meta l4proto tcp numgen random mod 100 < 1 drop; }
                }
                """);
        }

        using var guarded = lab.TakePorts();
        using var watch = lab.Watch();
        using var hops = lab.Pair.Scanner.Run(
            () => new NextHops(lab.Network.FindRoute(RecordedScan.Address(target)).Route!.InterfaceIndex, TimeProvider.System));
        await using var stack = lab.Pair.Scanner.Run(() => Stack(lab, guarded, hops, target, usesOffload));
        var sent = new byte[hasLoss ? Length / 2 : Length];
        new Random(4711).NextBytes(sent);
        var received = new byte[sent.Length];
        await using (var stream =
            await stack.ConnectTcpAsync(IPAddress.Parse(target).ToString(), port, TestContext.Current.CancellationToken))
        {
            var writing = Task.Run(
                async () =>
                {
                    await stream.WriteAsync(sent, TestContext.Current.CancellationToken);
                    stream.ShutdownWrite();
                },
                TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(received, TestContext.Current.CancellationToken);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
            await writing;
        }

        Assert.True(sent.AsSpan().SequenceEqual(received));
        var seen = watch.Look();
        Assert.True(seen.Segments > 0);
        Assert.True(hasLoss || seen.Segments < (usesOffload ? 1_000 : int.MaxValue), $"{seen.Segments} segments");
        Assert.Equal(0, seen.Resets);
    }

    // The thread of a stack is not in the scanner's namespace: its sockets are opened here.
    private static NetworkStack Stack(OwnStackLab lab, GuardedPorts guarded, NextHops hops, string target, bool usesOffload)
    {
        var route = lab.Network.FindRoute(RecordedScan.Address(target)).Route!;
        Bounded.Until(() => hops.TryFind(RecordedScan.Address(target), out _), "the next hop's hardware address is known");
        IPacketLink inner = usesOffload ? EthernetLink.Open(new EthernetLinkOptions { Name = "scan0" }) : lab.Network.Open(route);
        var link = new SharedAddressLink(inner, guarded.ShareOf(0), hop => hops.TryFind(hop, out var address) ? address : default);
        var stack = new NetworkStack(new NetworkStackOptions
        {
            EphemeralPorts = guarded.ShareOf(0),
            Ip = new IpHostOptions { Seed = 0, AnswersEcho = false, SendsErrors = false },
        });
        stack.Attach(
            usesOffload ? link : new OpenedLink(link),
            new IpInterfaceOptions { Name = "scan0", LinkLocal = LinkLocalChoice.None, DuplicateAddressProbes = 0 },
            $"{route.Source}/{(route.Source.IsIPv4 ? 24 : 64)}");
        return stack;
    }
}
