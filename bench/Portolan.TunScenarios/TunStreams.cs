using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Transport;

namespace Portolan.TunScenarios;

/// <summary>The kernel's TCP in a namespace and the userspace stack, joined by a TUN device of MTU 1500; one stream either way.</summary>
internal sealed class TunStreams : IDisposable
{
    private const string KernelAddress = "198.18.7.1";
    private static readonly IPAddress StackAddress = IPAddress.Parse("198.18.7.2");

    private readonly LabHost _host = new();
    private readonly NetworkStack _stack;

    internal TunStreams(bool usesOffload, bool runsInline)
    {
        var link = _host.Run(() => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = usesOffload }));
        _host.Ip("link set tun0 up");
        _host.Address("tun0", $"{KernelAddress}/24");
        _stack = new NetworkStack(new NetworkStackOptions { Name = "tun", RunsContinuationsInline = runsInline });
        _stack.Attach(link, $"{StackAddress}/24");
    }

    /// <summary>Segments that the stack sent again since it is there.</summary>
    internal long Retransmissions => _stack.GetStatistics().Retransmissions;

    /// <summary>Packets for the stack that found the device's queue full, since it is there.</summary>
    internal long Dropped => _host.Run(static () => Counter("tun0", "tx_dropped"));

    internal Meter ToStack(long warming, long total) => ToStackAsync(warming, total).GetAwaiter().GetResult();

    internal Meter FromStack(long warming, long total) => FromStackAsync(warming, total).GetAwaiter().GetResult();

    public void Dispose()
    {
        _stack.Dispose();
        _host.Dispose();
    }

    private static long Counter(string interfaceName, string counter)
    {
        // /proc/net/dev is that of the calling thread; /sys/class/net that of the mount.
        var line = File.ReadLines("/proc/thread-self/net/dev").First(l => l.TrimStart().StartsWith(interfaceName + ":", StringComparison.Ordinal));
        var fields = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(fields[counter == "tx_dropped" ? 11 : 3], System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<Meter> ToStackAsync(long warming, long total)
    {
        using var acceptor = _stack.ListenTcp(new IPEndPoint(StackAddress, 80));
        var accepting = acceptor.AcceptAsync();
        using var socket = KernelEnd.Connect(_host, new IPEndPoint(StackAddress, 80));
        await using var stream = await accepting;
        var meter = new Meter(warming, total);
        await Task.WhenAll(StackEnd.Receive(stream, meter), KernelEnd.Send(socket, total));
        return meter;
    }

    private async Task<Meter> FromStackAsync(long warming, long total)
    {
        using var listener = KernelEnd.Listen(_host, KernelAddress);
        var connecting = _stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!);
        using var socket = await listener.AcceptAsync();
        await using var stream = await connecting;
        var meter = new Meter(warming, total);
        await Task.WhenAll(KernelEnd.Receive(socket, meter), StackEnd.Send(stream, total));
        return meter;
    }
}
