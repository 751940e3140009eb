using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Packet;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>
/// The kernel in a namespace (<c>right</c>), and the userspace stack on the other end of the cable (<c>left</c>), whose kernel has no
/// address there.
/// </summary>
internal sealed class EthernetLab : IAsyncDisposable
{
    internal static readonly IPAddress Kernel4 = IPAddress.Parse("198.18.8.1");
    internal static readonly IPAddress Kernel6 = IPAddress.Parse("2001:db8:8::1");
    internal static readonly IPAddress Stack4 = IPAddress.Parse("198.18.8.2");
    internal static readonly IPAddress Stack6 = IPAddress.Parse("2001:db8:8::2");

    private EthernetLab(LabHost near, LabHost host, NetworkStack stack, IpInterface at, bool usesOffload)
    {
        (Near, Host, Stack, Interface) = (near, host, stack, at);
        UsesOffload = usesOffload;
    }

    /// <summary>The namespace of the stack's end.</summary>
    internal LabHost Near { get; }

    internal LabHost Host { get; }

    internal NetworkStack Stack { get; }

    internal IpInterface Interface { get; }

    internal bool UsesOffload { get; }

    /// <summary>Makes both; skips where there are no namespaces.</summary>
    /// <param name="usesOffload">Whether checksums and the cutting of segments are left to the kernel.</param>
    /// <param name="isAble">Whether the interface cuts and completes by itself, as a cable does whose other end takes super-segments; else
    /// the kernel does it.</param>
    /// <param name="capture">Where what the stack hands over is written.</param>
    internal static EthernetLab Create(bool usesOffload = true, bool isAble = true, CaptureFile? capture = null)
    {
        var (near, host) = (TunLab.NewHost(), new LabHost());
        LabHost.Connect(near, "left", host, "right");
        host.Address("right", $"{Kernel4}/24");
        host.Address("right", $"{Kernel6}/64");
        if (!isAble)
        {
            near.Run(static () => Ethtool.TurnOffloadsOff("left"));
        }

        var link = near.Run(() => EthernetLink.Open(new EthernetLinkOptions { Name = "left", UsesOffload = usesOffload }));
        var stack = new NetworkStack(new NetworkStackOptions { Name = "left" });
        var options = new IpInterfaceOptions { Name = "left", DuplicateAddressProbes = 0 };
        var at = stack.Attach(capture is null ? link : new CaptureLink(link, capture, "left"), options, $"{Stack4}/24", $"{Stack6}/64");
        return new EthernetLab(near, host, stack, at, usesOffload);
    }

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        Near.Dispose();
        Host.Dispose();
    }
}
