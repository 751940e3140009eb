using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.TunScenarios;

/// <summary>The kernel's TCP in a namespace and the userspace stack on a link to it; one stream either way.</summary>
internal abstract class StackStreams : IDisposable
{
    private readonly LabHost _host;
    private readonly string _kernelAddress;
    private readonly IPAddress _stackAddress;
    private readonly NetworkStack _stack;

    /// <summary>Puts a stack on a link.</summary>
    /// <param name="host">The kernel's namespace; disposed with this.</param>
    /// <param name="link">The stack's link to it; disposed with this.</param>
    /// <param name="network">The first three numbers of both addresses: .1 is the kernel's, .2 the stack's.</param>
    /// <param name="runsInline">Whether streams are read and written on the stack's own thread.</param>
    protected StackStreams(LabHost host, IPacketLink link, string network, bool runsInline)
    {
        (_host, _kernelAddress, _stackAddress) = (host, $"{network}.1", IPAddress.Parse($"{network}.2"));
        _stack = new NetworkStack(new NetworkStackOptions { Name = "bench", RunsContinuationsInline = runsInline });
        _stack.Attach(link, new IpInterfaceOptions { Name = "bench", DuplicateAddressProbes = 0 }, $"{_stackAddress}/24");
    }

    /// <summary>Segments that the stack sent again since it is there.</summary>
    internal long Retransmissions => _stack.GetStatistics().Retransmissions;

    protected LabHost Host => _host;

    internal Meter ToStack(long warming, long total) => ToStackAsync(warming, total).GetAwaiter().GetResult();

    internal Meter FromStack(long warming, long total) => FromStackAsync(warming, total).GetAwaiter().GetResult();

    public virtual void Dispose()
    {
        _stack.Dispose();
        _host.Dispose();
    }

    private async Task<Meter> ToStackAsync(long warming, long total)
    {
        using var acceptor = _stack.ListenTcp(new IPEndPoint(_stackAddress, 80));
        var accepting = acceptor.AcceptAsync();
        using var socket = KernelEnd.Connect(_host, new IPEndPoint(_stackAddress, 80));
        await using var stream = await accepting;
        var meter = new Meter(warming, total);
        await Task.WhenAll(StackEnd.Receive(stream, meter), KernelEnd.Send(socket, total));
        return meter;
    }

    private async Task<Meter> FromStackAsync(long warming, long total)
    {
        using var listener = KernelEnd.Listen(_host, _kernelAddress);
        var connecting = _stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!);
        using var socket = await listener.AcceptAsync();
        await using var stream = await connecting;
        var meter = new Meter(warming, total);
        await Task.WhenAll(KernelEnd.Receive(socket, meter), StackEnd.Send(stream, total));
        return meter;
    }
}
