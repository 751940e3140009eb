using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;

namespace Portolan.TunScenarios;

/// <summary>The kernel's TCP in a namespace and the userspace stack, joined by a TUN device of MTU 1500.</summary>
internal sealed class TunStreams : StackStreams
{
    private const string Network = "198.18.7";

    internal TunStreams(TunOptions options, bool runsInline)
        : this(new LabHost(), options, runsInline)
    {
    }

    private TunStreams(LabHost host, TunOptions options, bool runsInline)
        : base(host, Open(host, options), Network, runsInline)
    {
    }

    /// <summary>Packets for the stack that found the device's queue full, since it is there.</summary>
    internal long Dropped => Host.Run(static () => Counter("tun0", "tx_dropped"));

    private static TunLink Open(LabHost host, TunOptions options)
    {
        var link = host.Run(() => TunLink.Open(options with { Name = "tun0" }));
        host.Ip("link set tun0 up");
        host.Address("tun0", $"{Network}.1/24");
        return link;
    }

    private static long Counter(string interfaceName, string counter)
    {
        // /proc/net/dev is that of the calling thread; /sys/class/net that of the mount.
        var line = File.ReadLines("/proc/thread-self/net/dev").First(
            l => l.TrimStart().StartsWith(interfaceName + ":", StringComparison.Ordinal));
        var fields = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(fields[counter == "tx_dropped" ? 11 : 3], System.Globalization.CultureInfo.InvariantCulture);
    }
}
