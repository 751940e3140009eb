using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Tun;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// A lab in real time whose vantage is the kernel of a namespace, joined by a TUN device: so that nmap and others can look at it.
/// </summary>
internal sealed class KernelLab : IAsyncDisposable
{
    private KernelLab(LabHost host, VirtualNetwork network) => (Host, Network) = (host, network);

    internal LabHost Host { get; }

    internal VirtualNetwork Network { get; }

    /// <summary>Starts it; skips where there are no namespaces or no TUN devices.</summary>
    internal static KernelLab Create(LabTopology topology, ulong? seed = null, Stream? capture = null)
    {
        var host = TunLab.NewHost();
        try
        {
            var link = host.Run(static () => TunLink.Open(new TunOptions { Name = "lab0", UsesOffload = false }));
            host.Ip("link set lab0 up txqueuelen 10000");
            var vantage = topology.Vantage!;
            foreach (var address in new[] { vantage.Ipv4, vantage.Ipv6 }.OfType<InternetAddress>())
            {
                host.Address("lab0", $"{address}/{address.BitCount}");
            }

            foreach (var prefix in topology.Networks.SelectMany(static n => new[] { n.Ipv4, n.Ipv6 }).OfType<AddressPrefix>())
            {
                host.Ip($"route add {prefix.ToMachineText()} dev lab0");
            }

            var network = new VirtualNetwork(topology, new VirtualNetworkOptions { Seed = seed, Vantage = link, Capture = capture });
            network.Start();
            return new KernelLab(host, network);
        }
        catch (LinuxException exception) when (exception.IsPermission || exception.Errno == Errno.NoEntry)
        {
            Assert.Skip(exception.Message);
        }

        throw new InvalidOperationException("not reached");
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        Host.Dispose();
    }
}
