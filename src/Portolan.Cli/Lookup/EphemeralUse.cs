using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Lookup;

/// <summary>This host's ephemeral range and how much of it is in use, in the network namespace of this program.</summary>
/// <param name="Range">The range; <c>null</c> when the kernel does not say.</param>
/// <param name="TcpInUse">How many of its ports some TCP socket has as its local port, in whatever state; <c>null</c> when not known.</param>
/// <param name="UdpInUse">The same for UDP.</param>
internal sealed record EphemeralUse(EphemeralRange? Range, int? TcpInUse, int? UdpInUse)
{
    private static readonly TransportProtocol[] Counted = [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <summary>Reads it. The sockets are read once, without their owners; where that fails the counts are not known.</summary>
    public static EphemeralUse Read(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Settings.EphemeralRange is not { } range)
        {
            return new EphemeralUse(null, null, null);
        }

        try
        {
            var snapshot = Survey.Of(context).ForFreePorts(Counted, cancellationToken);
            return new EphemeralUse(
                range,
                range.CountInUse(FreePorts.Used(snapshot, [TransportProtocol.Tcp])),
                range.CountInUse(FreePorts.Used(snapshot, [TransportProtocol.Udp])));
        }
        catch (LinuxException)
        {
            return new EphemeralUse(range, null, null);
        }
    }
}
