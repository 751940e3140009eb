using Portolan.Linux.Namespaces;

namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// A scanner, three routers in a row and a target, each joined to the next by a cable: 198.18.1.0/24 to 198.18.4.0/24, 2001:db8:1::/64 to
/// 2001:db8:4::/64.
/// </summary>
/// <remarks>The near end of each cable is .1 (<c>e</c>), the far end .2 (<c>w</c>).</remarks>
internal sealed class RouterLab : IDisposable
{
    private RouterLab()
    {
        LabHost[] all = [Scanner, .. Routers, Target];
        for (var i = 1; i < all.Length; i++)
        {
            var (near, far) = (all[i - 1], all[i]);
            LabHost.Connect(near, "e", far, "w");
            near.Address("e", $"198.18.{i}.1/24");
            far.Address("w", $"198.18.{i}.2/24");
            near.Address("e", $"2001:db8:{i}::1/64");
            far.Address("w", $"2001:db8:{i}::2/64");
            near.Ip($"route add default via 198.18.{i}.2");
            near.Ip($"-6 route add default via 2001:db8:{i}::2");
            for (var back = 1; back < i; back++)
            {
                far.Ip($"route add 198.18.{back}.0/24 via 198.18.{i}.1");
                far.Ip($"-6 route add 2001:db8:{back}::/64 via 2001:db8:{i}::1");
            }
        }

        foreach (var router in Routers)
        {
            router.Setting("net/ipv4/ip_forward", "1");
            router.Setting("net/ipv6/conf/all/forwarding", "1");
        }
    }

    public LabHost Scanner { get; } = new();

    public LabHost[] Routers { get; } = [new(), new(), new()];

    public LabHost Target { get; } = new();

    /// <summary>Skips the test where namespaces are not allowed, or the programs that set them up are not installed.</summary>
    public static RouterLab Create()
    {
        Tool.Find("ip");
        Tool.Find("nft");
        try
        {
            return new RouterLab();
        }
        catch (NetworkNamespaceException exception) when (exception.IsPermission)
        {
            Assert.Skip("needs CAP_SYS_ADMIN to make a network namespace: run as root");
            throw;
        }
    }

    public void Dispose()
    {
        Scanner.Dispose();
        Array.ForEach(Routers, static router => router.Dispose());
        Target.Dispose();
    }
}
